import { Link } from "react-router";
import { isNotFound } from "@/api/problem";
import { useRegistration } from "./queries";
import classes from "./history.module.css";

/** A webhook by its URL, leading to it. */
export function RegistrationLink({ id }: { id: string }) {
  const { data, error } = useRegistration(id);
  if (isNotFound(error))
    return (
      <span>
        A webhook that is deleted <span className="mono dimmed">{id}</span>
      </span>
    );
  return (
    <Link to={`/webhooks/${id}`} className={`mono ${classes.link}`}>
      {data?.uri ?? id}
    </Link>
  );
}

/** The same as text, for rows of lists that lead elsewhere. */
export function RegistrationName({ id }: { id: string }) {
  const { data, error } = useRegistration(id);
  if (isNotFound(error)) return <span className="dimmed">deleted</span>;
  const name = data?.uri ?? id;
  return (
    <span className="mono truncate" title={name}>
      {name}
    </span>
  );
}
