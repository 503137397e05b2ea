import { Button, Drawer, Group } from "@mantine/core";
import { useCallback, useEffect, useRef, type ReactNode, type SubmitEvent } from "react";
import { useBlocker, useLocation, useNavigate } from "react-router";
import { useConfirm } from "./Confirm";
import { useDocumentTitle } from "./PageTitle";
import classes from "./SideDrawer.module.css";

interface Props {
  title: string;
  /** The page below; its search and filters are kept in the address. */
  closeTo: string;
  children: ReactNode;
  /** Stays in view while the rest scrolls. */
  footer?: ReactNode;
  /** Something was entered that is not saved: closing asks first. */
  dirty?: boolean;
}

/** Details beside the list that they belong to, with an address of their own. */
export function SideDrawer({ title, closeTo, children, footer, dirty = false }: Props) {
  const close = useClose(closeTo);
  useDocumentTitle(title);
  useUnsavedChanges(dirty);
  useEscape(close);
  return (
    <Drawer
      opened
      closeOnEscape={false}
      onClose={close}
      title={title}
      position="right"
      size="min(46rem, 100vw)"
      classNames={{
        content: classes.content ?? "",
        body: classes.body ?? "",
        header: classes.header ?? "",
        title: classes.title ?? "",
      }}
      transitionProps={{ duration: 120 }}
    >
      <div className={classes.main}>{children}</div>
      {footer !== undefined && <div className={classes.footer}>{footer}</div>}
    </Drawer>
  );
}

interface FormProps extends Omit<Props, "footer"> {
  onSubmit: (event: SubmitEvent<HTMLFormElement>) => void;
  /** The verb on the button. */
  action: string;
  busy: boolean;
}

/** A form in a drawer: its buttons stay in view, and closing asks when something is not saved. */
export function FormDrawer({ onSubmit, action, busy, children, ...drawer }: FormProps) {
  const close = useClose(drawer.closeTo);
  const form = useRef<HTMLFormElement>(null);
  return (
    <SideDrawer
      {...drawer}
      footer={
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button loading={busy} onClick={() => form.current?.requestSubmit()}>
            {action}
          </Button>
        </Group>
      }
    >
      <form ref={form} onSubmit={onSubmit} noValidate>
        {children}
        {/* The button in view is outside of the form; Enter in a field needs one inside. */}
        <button type="submit" hidden tabIndex={-1} aria-hidden />
      </form>
    </SideDrawer>
  );
}

/** Goes back to the page below, with its search and filters. */
export function useClose(to: string): () => void {
  const navigate = useNavigate();
  const { search } = useLocation();
  return useCallback(() => void navigate({ pathname: to, search }), [navigate, to, search]);
}

/** What may lie above a drawer, and is closed by the same key first. */
const ABOVE = ".mantine-Popover-dropdown, .mantine-Menu-dropdown, .mantine-Modal-content";

/** Closes the drawer by Escape, unless that closes something above it. */
function useEscape(close: () => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.isComposing) return;
      const shown = [...document.querySelectorAll<HTMLElement>(ABOVE)];
      if (shown.some((layer) => layer.checkVisibility())) return;
      close();
    };
    // Before what is above has heard of it, and is gone.
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, [close]);
}

/**
 * Asks before leaving while something is not saved, wherever to. What navigates after saving says so
 * with `state: { saved: true }`.
 */
export function useUnsavedChanges(dirty: boolean): void {
  const confirm = useConfirm();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      dirty &&
      currentLocation.pathname !== nextLocation.pathname &&
      (nextLocation.state as { saved?: boolean } | null)?.saved !== true,
  );
  useEffect(() => {
    if (blocker.state !== "blocked") return;
    void confirm({
      title: "Leave without saving?",
      body: "What you entered here is not saved and will be lost.",
      action: "Leave",
      cancel: "Stay",
      danger: true,
    }).then((leave) => (leave ? blocker.proceed() : blocker.reset()));
    // One question for each time that leaving is held up.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [blocker.state]);
  useEffect(() => {
    if (!dirty) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);
}
