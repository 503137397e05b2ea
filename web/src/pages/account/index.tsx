import { useState } from "react";
import { Route, Routes } from "react-router";
import type { CreatedApiKey } from "@/api/schema.gen";
import { PageTitle } from "@/components/PageTitle";
import { KeyShown } from "@/features/keys/KeyShown";
import { NewKey } from "@/features/keys/NewKey";
import { OwnKeys } from "./OwnKeys";
import { OwnPassword } from "./OwnPassword";
import { OwnPermissions } from "./OwnPermissions";
import { Panel } from "./Panel";
import { You } from "./You";
import classes from "./account.module.css";

/** What is the user's own: who they are, what they may do, password and keys. */
export default function Account() {
  const [made, setMade] = useState<CreatedApiKey>();
  return (
    <>
      <PageTitle title="Account" />
      <div className={classes.page}>
        <You />
        <Panel title="What you may do">
          <OwnPermissions />
        </Panel>
        <OwnKeys />
        <Panel title="Password">
          <OwnPassword />
        </Panel>
      </div>
      <Routes>
        <Route path="new-key" element={<NewKey closeTo="/account" onMade={setMade} />} />
      </Routes>
      {made !== undefined && <KeyShown made={made} onDone={() => setMade(undefined)} />}
    </>
  );
}
