import mark from "./postrider.svg";
import classes from "./Brand.module.css";

/** The name of the product, with its mark. */
export function Brand() {
  return (
    <span className={classes.brand}>
      <img src={mark} alt="" width={24} height={24} />
      Postrider
    </span>
  );
}
