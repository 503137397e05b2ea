import { Group, Title } from "@mantine/core";
import { useEffect, useRef, type ReactNode } from "react";
import { useLocation } from "react-router";

/** The path that was shown last, to tell a navigation from the first load. */
let shownBefore: string | undefined;

/**
 * The heading of a page: names the tab, and takes the focus when one navigates here, so that a screen
 * reader says where one is. `children` are the page's actions.
 */
export function PageTitle({ title, children }: { title: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();
  // Drawers are below their page: opening one must not move the focus back to its heading.
  const page = pathname.split("/")[1];
  useDocumentTitle(title);
  useEffect(() => {
    if (shownBefore !== undefined && shownBefore !== page) heading.current?.focus();
    shownBefore = page;
  }, [page]);
  return (
    <Group justify="space-between" mb="sm" gap="xs">
      <Title order={1} ref={heading} tabIndex={-1}>
        {title}
      </Title>
      {children !== undefined && <Group gap="xs">{children}</Group>}
    </Group>
  );
}

/** Names the tab for as long as the component is shown. */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    const before = document.title;
    document.title = `${title} · Postrider`;
    return () => {
      document.title = before;
    };
  }, [title]);
}
