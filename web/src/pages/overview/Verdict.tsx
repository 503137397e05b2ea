import { ArrowRight, Check, CircleDashed, Info, TriangleAlert, X } from "lucide-react";
import { Link } from "react-router";
import type { Overview } from "@/api/schema.gen";
import type { Tone } from "@/components/StateBadge";
import classes from "./overview.module.css";
import { findings, type Finding } from "./verdict";

const ICONS = { ok: Check, wait: TriangleAlert, bad: X, info: Info, off: CircleDashed };
const WORDS: Record<Tone, string> = {
  ok: "Good",
  wait: "Attention",
  bad: "Problem",
  info: "Note",
  off: "Unknown",
};

/** Whether anything is wrong, in plain sentences, the worst first. */
export function Verdict({ hour }: { hour: Overview }) {
  const found = findings(hour);
  return (
    <section className={classes.verdict} data-tone={found[0]?.tone} aria-label="Is anything wrong?">
      <ul className={classes.findings} aria-live="polite">
        {found.map((finding) => (
          <li key={finding.text} data-tone={finding.tone}>
            <Sentence finding={finding} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Sentence({ finding: { tone, text, to } }: { finding: Finding }) {
  const Icon = ICONS[tone];
  return (
    <>
      <span className={classes.word}>
        <Icon size={15} strokeWidth={2.5} aria-hidden />
        {WORDS[tone]}
      </span>
      {to === undefined ? (
        <span>{text}</span>
      ) : (
        <Link to={to} className={classes.sentenceLink}>
          {text} <ArrowRight size={14} aria-hidden />
        </Link>
      )}
    </>
  );
}
