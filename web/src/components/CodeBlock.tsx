import { CopyButton } from "./Copy";
import classes from "./CodeBlock.module.css";

interface Props {
  code: string;
  /** What it is, for the name of the copy button and of the scrollable part. */
  label: string;
  /** Breaks long lines instead of scrolling. */
  wrap?: boolean;
}

/** Code, a body or headers as they are, with a button that copies them. */
export function CodeBlock({ code, label, wrap = false }: Props) {
  return (
    <div className={classes.block}>
      {/* Long code scrolls: the keyboard must get there, too. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={classes.code} data-wrap={wrap} tabIndex={0} aria-label={label} role="region">
        <code>{code}</code>
      </pre>
      <div className={classes.copy}>
        <CopyButton value={code} what={label} />
      </div>
    </div>
  );
}

/** JSON as people read it; what is no JSON stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
