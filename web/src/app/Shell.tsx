import { AppShell, Burger, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useEffect } from "react";
import { Link, Outlet, useLocation, useNavigation } from "react-router";
import { LiveProvider } from "@/live/useLive";
import { Brand } from "./Brand";
import { LiveMark } from "./LiveMark";
import { MainNavigation } from "./MainNavigation";
import { UserMenu } from "./UserMenu";
import classes from "./Shell.module.css";

/** What is around every page. */
export function Shell() {
  return (
    <LiveProvider>
      <Frame />
    </LiveProvider>
  );
}

function Frame() {
  const [open, { toggle, close }] = useDisclosure();
  const { pathname } = useLocation();
  const loading = useNavigation().state !== "idle";
  useEffect(close, [pathname, close]);
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 208, breakpoint: 768, collapsed: { mobile: !open } }}
      padding="md"
    >
      <a className={classes.skip} href="#content">
        Skip to content
      </a>
      <AppShell.Header className={classes.header}>
        <Group gap="xs" wrap="nowrap">
          <Burger
            opened={open}
            onClick={toggle}
            className={classes.burger ?? ""}
            size="sm"
            aria-label={open ? "Close navigation" : "Open navigation"}
            aria-expanded={open}
            aria-controls="navigation"
          />
          <Link to="/" className={classes.home} aria-label="Postrider, start page">
            <Brand />
          </Link>
        </Group>
        <Group gap="sm" wrap="nowrap">
          <LiveMark />
          <UserMenu />
        </Group>
        {loading && <div className={classes.progress} role="progressbar" aria-label="Loading" />}
      </AppShell.Header>
      <AppShell.Navbar id="navigation" className={classes.navbar} aria-label="Main" component="nav">
        <MainNavigation />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}
