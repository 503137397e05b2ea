import { Button } from "@mantine/core";
import { RotateCcw } from "lucide-react";
import { Link, Route, Routes, useLocation } from "react-router";
import type { InboxItem } from "@/api/schema.gen";
import { DataGrid, type GridFilter } from "@/components/grid/DataGrid";
import { EmptyState } from "@/components/EmptyState";
import { PageTitle } from "@/components/PageTitle";
import { timeFilters } from "@/features/history/filters";
import { COLUMNS } from "./columns";
import { Detail } from "./Detail";
import { FirstWebhook, HowToReceive } from "./FirstWebhook";
import { fetchInbox, useFreshList } from "./queries";
import { ReplayDead } from "./ReplayDead";

const FILTERS: GridFilter[] = [
  {
    id: "state",
    label: "State",
    options: [
      { value: "pending", label: "Pending" },
      { value: "processed", label: "Processed" },
      { value: "dead", label: "Dead" },
    ],
  },
  { id: "receiver", label: "Receiver" },
  { id: "receiverId", label: "Id of the receiver" },
  { id: "action", label: "Action" },
  ...timeFilters,
];

/** What others have sent, and what became of it. */
export default function Inbox() {
  const { search } = useLocation();
  useFreshList();
  return (
    <>
      <PageTitle title="Inbox">
        <Button component={Link} to={{ pathname: "/inbox/how", search }} variant="default">
          How to receive
        </Button>
        <Button
          component={Link}
          to={{ pathname: "/inbox/replay", search }}
          variant="default"
          leftSection={<RotateCcw size={16} aria-hidden />}
        >
          Replay dead
        </Button>
      </PageTitle>
      <DataGrid<InboxItem>
        id="inbox"
        label="Received webhooks"
        queryKey={["inbox", "list"]}
        fetchPage={fetchInbox}
        rowId={(item) => item.id}
        rowPath={(item) => `/inbox/${item.id}`}
        columns={COLUMNS}
        filters={FILTERS}
        empty={
          <EmptyState title="Nothing was received yet">
            <FirstWebhook />
          </EmptyState>
        }
      />
      <Routes>
        <Route path="how" element={<HowToReceive />} />
        <Route path="replay" element={<ReplayDead />} />
        <Route path=":id" element={<Detail />} />
      </Routes>
    </>
  );
}
