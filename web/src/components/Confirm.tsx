import { Button, Group, Modal } from "@mantine/core";
import { createContext, useCallback, useContext, useState, type ReactNode } from "react";

export interface Question {
  title: string;
  /** What follows from going on, above all what cannot be undone. */
  body: ReactNode;
  /** The verb on the button, such as `Delete`. */
  action: string;
  danger?: boolean;
  /** What going back is called; `Cancel` unless it is given. */
  cancel?: string;
}

type Ask = (question: Question) => Promise<boolean>;

const ConfirmContext = createContext<Ask | null>(null);

/** Lets everything below ask before it does what has consequences. */
export function ConfirmProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<{ question: Question; answer: (yes: boolean) => void }>();
  const [open, setOpen] = useState(false);
  const ask = useCallback<Ask>(
    (question) =>
      new Promise((answer) => {
        setAsked({ question, answer });
        setOpen(true);
      }),
    [],
  );
  const answer = (yes: boolean) => {
    setOpen(false);
    asked?.answer(yes);
  };
  return (
    <ConfirmContext value={ask}>
      {children}
      <Modal
        opened={open}
        onClose={() => answer(false)}
        title={asked?.question.title}
        centered
        zIndex={400}
      >
        <div>{asked?.question.body}</div>
        <Group justify="flex-end" mt="lg" gap="xs">
          <Button variant="default" onClick={() => answer(false)} data-autofocus>
            {asked?.question.cancel ?? "Cancel"}
          </Button>
          <Button
            {...(asked?.question.danger === true && { color: "red.9" })}
            onClick={() => answer(true)}
          >
            {asked?.question.action}
          </Button>
        </Group>
      </Modal>
    </ConfirmContext>
  );
}

/** Asks in a dialog; the promise tells whether to go on. */
export function useConfirm(): Ask {
  const ask = useContext(ConfirmContext);
  if (ask === null) throw new Error("useConfirm is for what is below ConfirmProvider");
  return ask;
}
