import { Button, Menu, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { BookOpen, ChevronDown, LogOut, UserRound } from "lucide-react";
import { Link } from "react-router";
import { useMe, useSignInOut } from "@/api/session";
import { notifyError } from "@/components/notify";
import classes from "./UserMenu.module.css";

/** Who is signed in, and what is theirs. */
export function UserMenu() {
  const me = useMe();
  const { signOut } = useSignInOut();
  const leave = useMutation({ mutationFn: signOut, onError: notifyError });
  return (
    <Menu position="bottom-end" width={224}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          className={classes.target ?? ""}
          rightSection={<ChevronDown size={14} aria-hidden />}
          aria-label={`Account of ${me.name}`}
        >
          <span className={classes.name}>{me.name}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.administrator ? "Administrator" : "Signed in"}</Menu.Label>
        <Menu.Item component={Link} to="/account" leftSection={<UserRound size={15} aria-hidden />}>
          Account
        </Menu.Item>
        <Menu.Item
          component="a"
          href="/docs"
          target="_blank"
          rel="noreferrer"
          leftSection={<BookOpen size={15} aria-hidden />}
        >
          API reference
        </Menu.Item>
        <Menu.Divider />
        <ColourScheme />
        <Menu.Divider />
        <Menu.Item
          leftSection={<LogOut size={15} aria-hidden />}
          onClick={() => leave.mutate()}
          disabled={leave.isPending}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function ColourScheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div className={classes.scheme}>
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label="Colours"
        value={colorScheme}
        onChange={(value) => setColorScheme(value)}
        data={[
          { value: "auto", label: "Auto" },
          { value: "light", label: "Light" },
          { value: "dark", label: "Dark" },
        ]}
      />
    </div>
  );
}
