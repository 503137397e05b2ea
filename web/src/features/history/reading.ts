/** For how long after the mouse moved over a row somebody is taken to aim at it. */
const AIMING_MS = 4_000;
/** How far one has scrolled who has begun to read. */
const SCROLLED_PX = 120;

let lastOverRows = 0;

/** Notices when the mouse moves over the rows of a list; returns how to stop. */
export function watchPointer(): () => void {
  const note = (event: PointerEvent) => {
    const overRows = event.target instanceof Element && event.target.closest("tbody") !== null;
    if (event.pointerType === "mouse" && overRows) lastOverRows = Date.now();
  };
  document.addEventListener("pointermove", note, { passive: true });
  return () => document.removeEventListener("pointermove", note);
}

/**
 * Whether somebody is among the rows: has scrolled down to them, aims at one with the mouse, or is at
 * one with the keyboard. Rows must not move then.
 */
export function isAmongRows(): boolean {
  if (window.scrollY > SCROLLED_PX) return true;
  if (Date.now() - lastOverRows < AIMING_MS) return true;
  const focused = document.activeElement;
  return focused !== null && focused.closest("tbody") !== null && focused.matches(":focus-visible");
}
