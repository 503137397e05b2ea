import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "react-router";
import { makeQueryClient } from "@/api/queryClient";
import { watchSession } from "@/api/session";
import { ConfirmProvider } from "@/components/Confirm";
import { nonce } from "./nonce";
import { router } from "./router";
import { cssVariables, theme } from "./theme";

const client = makeQueryClient();
watchSession(client);

/** Everything: look, data, and where one is. */
export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={nonce}
    >
      <QueryClientProvider client={client}>
        <ConfirmProvider>
          <Notifications position="bottom-left" limit={4} />
          <RouterProvider router={router} />
        </ConfirmProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
