import type { AttemptView, HeaderView, RequestView, ResponseView } from "@/api/schema.gen";
import { CodeBlock, pretty } from "@/components/CodeBlock";
import { Facts } from "@/components/Facts";
import { Time } from "@/components/Time";
import { explainFailure, statusText } from "@/features/history/words";
import { bytesText } from "@/lib/numbers";
import { Timings } from "./Timings";
import classes from "./deliveries.module.css";

/** One attempt: why it failed, where the time went, what was sent and what came back. */
export function AttemptDetails({ attempt }: { attempt: AttemptView }) {
  return (
    <div className={classes.attemptBody}>
      {attempt.cause !== null && <Failure attempt={attempt} cause={attempt.cause} />}
      <div>
        <h4>Time</h4>
        <Timings attempt={attempt} />
      </div>
      <div>
        <h4>Request</h4>
        {attempt.request === null ? (
          <p className="dimmed">None was made, or it is not on record.</p>
        ) : (
          <Request request={attempt.request} />
        )}
      </div>
      <div>
        <h4>Response</h4>
        {attempt.response === null ? (
          <p className="dimmed">
            {attempt.status === null
              ? "There was none."
              : `${statusText(attempt.status)}. No more of it is on record.`}
          </p>
        ) : (
          <Response response={attempt.response} status={attempt.status} />
        )}
      </div>
      <Facts
        facts={[
          ["Started", <Time key="started" at={attempt.startedAt} exact="ms" />],
          [
            "Made by",
            <span key="worker" className="mono">
              {attempt.worker}
            </span>,
          ],
        ]}
      />
    </div>
  );
}

function Failure({ attempt, cause }: { attempt: AttemptView; cause: string }) {
  const { sentence, advice } = explainFailure(cause, attempt.status);
  return (
    <div>
      <p>
        <strong>{sentence}</strong>
      </p>
      {attempt.detail !== null && <p className="mono">{attempt.detail}</p>}
      {advice !== undefined && <p className="dimmed">{advice}</p>}
    </div>
  );
}

function Request({ request }: { request: RequestView }) {
  return (
    <div className={classes.sent}>
      <CodeBlock
        label="request"
        wrap
        code={`POST ${request.uri}\n${headerLines(request.headers)}`}
      />
      <Facts
        facts={[
          ["Body", bytesText(request.bodyBytes)],
          [
            "SHA-256",
            <span key="digest" className="mono">
              {request.bodySha256}
            </span>,
          ],
        ]}
      />
      <p className="dimmed">
        Credentials are masked. The body follows from the event; its digest tells whether the
        receiver read the same bytes.
      </p>
    </div>
  );
}

function Response({ response, status }: { response: ResponseView; status: number | null }) {
  const first = status === null ? "" : `${statusText(status)}\n`;
  return (
    <div className={classes.sent}>
      <CodeBlock label="response" wrap code={`${first}${headerLines(response.headers)}`} />
      <ResponseBody response={response} />
    </div>
  );
}

function ResponseBody({ response }: { response: ResponseView }) {
  if (response.body !== undefined && response.body !== "")
    return <CodeBlock label="response body" wrap code={pretty(response.body)} />;
  if (response.bodyBase64 !== undefined && response.bodyBase64 !== "")
    return (
      <>
        <p className="dimmed">The body is not text; this is its beginning in Base64.</p>
        <CodeBlock label="response body in Base64" wrap code={response.bodyBase64} />
      </>
    );
  return <p className="dimmed">The body was empty.</p>;
}

function headerLines(headers: readonly HeaderView[]): string {
  return headers.map(({ name, value }) => `${name}: ${value}`).join("\n");
}
