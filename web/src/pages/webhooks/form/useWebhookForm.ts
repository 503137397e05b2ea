import { useForm } from "@mantine/form";
import { useState } from "react";
import { ApiError, fieldErrors } from "@/api/problem";
import type { Violation } from "@/api/schema.gen";
import { FIELDS, type WebhookValues } from "../formValues";
import { validate } from "../validate";

/** The form of a webhook, and what the api says of it. */
export function useWebhookForm(initial: WebhookValues, isNew: boolean) {
  const form = useForm<WebhookValues>({
    initialValues: initial,
    validate: (values) => validate(values, isNew),
  });
  const [failure, setFailure] = useState<{ error: Error; rest: Violation[] }>();

  /** Puts each mistake to its field; `failure` has what no field shows. */
  const refuse = (error: Error) => {
    const found =
      error instanceof ApiError
        ? fieldErrors(error.violations, FIELDS)
        : { errors: {}, rest: [] as Violation[] };
    form.setErrors(found.errors);
    const shown = Object.keys(found.errors).length > 0 && found.rest.length === 0;
    setFailure(shown ? undefined : { error, rest: found.rest });
    focusFirstMistake();
  };
  return { form, failure, refuse, accept: () => setFailure(undefined) };
}

/** Takes one to the first mistake, once it is on the page. */
export function focusFirstMistake(): void {
  requestAnimationFrame(() => {
    const field = document.querySelector<HTMLElement>('[role="dialog"] [aria-invalid="true"]');
    const alert = document.querySelector<HTMLElement>('[role="dialog"] [role="alert"]');
    if (field !== null) field.focus();
    else alert?.scrollIntoView({ block: "nearest" });
  });
}
