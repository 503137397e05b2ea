/** For how long after the last key or click a request counts as asked for. */
const ASKED_FOR_MS = 5_000;

// Opening the page is the first thing that somebody asks for.
let lastInput = Date.now();

/** Notices when somebody uses the page. */
export function watchInput(target: EventTarget): void {
  const note = () => {
    lastInput = Date.now();
  };
  for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
    target.addEventListener(kind, note, { passive: true, capture: true });
  }
}

/**
 * Whether nobody asked for what is requested now: a page that only refreshes itself must not keep its
 * session alive.
 */
export function isBackground(now = Date.now()): boolean {
  return now - lastInput > ASKED_FOR_MS;
}
