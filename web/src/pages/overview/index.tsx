import { SegmentedControl, Skeleton } from "@mantine/core";
import { useSearchParams } from "react-router";
import type { Overview } from "@/api/schema.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { PageTitle } from "@/components/PageTitle";
import { exactTime, zoneOf } from "@/lib/time";
import { BucketTable } from "./BucketTable";
import { ChartCard } from "./ChartCard";
import { FigureGroup } from "./FigureGroup";
import { queueFigures, recentFigures, waitingFigures } from "./figures";
import charts from "./charts.module.css";
import classes from "./overview.module.css";
import { CHARTS, finished } from "./series";
import { useOverview, type Range } from "./useOverview";
import { Verdict } from "./Verdict";

/** What an operator looks at first: whether anything is wrong, and how much happens. */
export default function OverviewPage() {
  const [query, setQuery] = useSearchParams();
  const range: Range = query.get("range") === "day" ? "day" : "hour";
  const { hour, asked } = useOverview(range);
  // The hour stays until the day is there.
  const shown = asked.data ?? hour.data;
  const choose = (next: string) =>
    setQuery(next === "day" ? { range: next } : {}, { replace: true });
  return (
    <>
      <PageTitle title="Overview">
        {hour.data !== undefined && <AsOf at={hour.dataUpdatedAt} />}
      </PageTitle>
      <div className={classes.page}>
        {hour.isError && <ErrorNotice error={hour.error} onRetry={() => void hour.refetch()} />}
        {hour.data === undefined ? !hour.isError && <Loading /> : <Present hour={hour.data} />}
        <section aria-labelledby="history" aria-busy={asked.isPending}>
          <div className={classes.sectionHead}>
            <h2 id="history" className={classes.heading}>
              {shown?.range === "day" ? "The last day" : "The last hour"}
            </h2>
            <SegmentedControl
              size="xs"
              aria-label="How far back the charts go"
              value={range}
              onChange={choose}
              data={[
                { value: "hour", label: "Hour" },
                { value: "day", label: "Day" },
              ]}
            />
          </div>
          {asked.isError && range === "day" && (
            <ErrorNotice error={asked.error} onRetry={() => void asked.refetch()} />
          )}
          {shown === undefined ? !hour.isError && <Loading /> : <History of={shown} />}
        </section>
      </div>
    </>
  );
}

function Present({ hour }: { hour: Overview }) {
  return (
    <>
      <Verdict hour={hour} />
      <FigureGroup title="The last five minutes" figures={recentFigures(hour.now)} />
      <FigureGroup title="What waits" figures={waitingFigures(hour.now)} />
    </>
  );
}

function History({ of }: { of: Overview }) {
  const buckets = finished(of.buckets);
  const each = of.range === "day" ? "quarter of an hour" : "minute";
  return (
    <>
      <div className={charts.charts}>
        {CHARTS.map((chart) => (
          <ChartCard key={chart.id} chart={chart} buckets={buckets} each={each} />
        ))}
      </div>
      <BucketTable buckets={buckets} each={each} />
      <FigureGroup title="Queues" figures={queueFigures(of.now)} />
    </>
  );
}

function AsOf({ at }: { at: number }) {
  const moment = new Date(at);
  return (
    <span className="dimmed nowrap">
      As of{" "}
      <time dateTime={moment.toISOString()} title={`${exactTime(moment)} ${zoneOf(moment)}`}>
        {exactTime(moment).slice(11)}
      </time>
    </span>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading">
      <Skeleton height={48} mb="sm" />
      <Skeleton height={96} mb="sm" />
      <Skeleton height={96} />
    </div>
  );
}
