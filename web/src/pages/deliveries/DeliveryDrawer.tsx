import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { api, send } from "@/api/client";
import { isNotFound } from "@/api/problem";
import type { DeliveryReportView } from "@/api/schema.gen";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SideDrawer } from "@/components/SideDrawer";
import { useLiveRefetch } from "@/live/useLive";
import { Attempts } from "./Attempts";
import { SendAgain } from "./SendAgain";
import { Summary } from "./Summary";

/** How often a delivery that is under way is asked for when there are no news. */
const WITHOUT_NEWS_MS = 5_000;

/** A delivery with everything that was tried. */
export function DeliveryDrawer() {
  const { id = "" } = useParams();
  const delivery = useDelivery(id);
  const { data, error } = delivery;
  return (
    <SideDrawer
      title="Delivery"
      closeTo="/deliveries"
      footer={data === undefined ? undefined : <SendAgain delivery={data} />}
    >
      {delivery.isPending && <Skeleton height={180} aria-label="Loading" role="status" />}
      {isNotFound(error) && <NotThere />}
      {error !== null && !isNotFound(error) && (
        <ErrorNotice error={error} onRetry={() => void delivery.refetch()} />
      )}
      {data !== undefined && (
        <>
          <Summary delivery={data} />
          <Attempts delivery={data} />
        </>
      )}
    </SideDrawer>
  );
}

/** A delivery, kept up to date. */
function useDelivery(id: string) {
  const queryKey = ["deliveries", "one", id];
  const concerns = (news: object) => "deliveryId" in news && news.deliveryId === id;
  const live = useLiveRefetch(queryKey, ["attempt"], concerns);
  return useQuery<DeliveryReportView>({
    queryKey,
    queryFn: ({ signal }) =>
      send(api.GET("/api/v1/deliveries/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) =>
      live !== "live" && isUnderWay(state.data) ? WITHOUT_NEWS_MS : false,
  });
}

function isUnderWay(delivery: DeliveryReportView | undefined): boolean {
  return delivery?.state === "pending" || delivery?.state === "held";
}

function NotThere() {
  return (
    <EmptyState title="This delivery is not there" to="/deliveries" action="To all deliveries">
      <p>
        It belongs to a webhook that you do not see, or it is no longer kept: the server removes
        what is old after a while.
      </p>
    </EmptyState>
  );
}
