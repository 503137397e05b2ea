import { Stack, Text } from "@mantine/core";
import { CodeBlock } from "@/components/CodeBlock";
import { SideDrawer } from "@/components/SideDrawer";
import classes from "./inbox.module.css";

const CONFIGURATION = `[receiver.secrets.github]
default = "12345678901234567890123456789012"

[[receiver.handlers]]
name = "log"
kind = "log"`;

/** The way to the first webhook that is received. */
export function FirstWebhook() {
  return (
    <Stack gap="sm" className={classes.steps ?? ""}>
      <Text>
        Other services call a URL of yours when something happens. Postrider verifies the call,
        stores it, answers, and runs your handlers. To try it with what GitHub would send:
      </Text>
      <Text>1. Add a secret and a handler to postrider.toml, and start Postrider again:</Text>
      <CodeBlock code={CONFIGURATION} label="configuration" />
      <Text>2. Send a sample, validly signed, from the folder of that file:</Text>
      <CodeBlock code="postrider sign --receiver github | sh" label="command" wrap />
      <Text>
        3. It appears here. For the real ones make a secret of your own, and give it to the sender
        with this URL (where receivers run apart from this server, theirs):
      </Text>
      <CodeBlock
        code={`${location.origin}/api/webhooks/incoming/github`}
        label="URL of the receiver"
        wrap
      />
      <Text>
        An id after the name, as in <span className="mono">github/shop1</span>, makes another URL
        with a secret of its own. Some thirty senders are known, such as stripe, slack and shopify;
        genericjson is for the others.
      </Text>
    </Stack>
  );
}

/** The same beside a list that has something already. */
export function HowToReceive() {
  return (
    <SideDrawer title="How to receive" closeTo="/inbox">
      <FirstWebhook />
    </SideDrawer>
  );
}
