import { Button } from "@mantine/core";
import { ArrowUp } from "lucide-react";
import { newText } from "./steady";
import classes from "./history.module.css";

interface Props {
  news: { fresh: number; more: boolean };
  onShow: () => void;
}

/** Says that there are new rows, for whoever does not want the list to move. */
export function NewRows({ news, onShow }: Props) {
  return (
    <div className={classes.newRows} role="status">
      {news.fresh > 0 && (
        <Button
          size="compact-sm"
          radius="xl"
          className={classes.newRowsButton ?? ""}
          leftSection={<ArrowUp size={14} aria-hidden />}
          onClick={onShow}
        >
          {newText(news)} – show
        </Button>
      )}
    </div>
  );
}
