import { Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, send } from "@/api/client";
import { useMe } from "@/api/session";
import { permissionText } from "@/features/access/words";
import { Loaded } from "@/features/details/Loaded";
import { More } from "@/features/details/More";
import { Row, Rows } from "@/features/details/Rows";

const PAGE = 100;

/** What one may do oneself, in words. */
export function OwnPermissions() {
  const { administrator } = useMe();
  const query = useInfiniteQuery({
    queryKey: ["permissions", "own"],
    queryFn: ({ pageParam, signal }) => {
      const params = { query: { cursor: pageParam, limit: PAGE } };
      return send(api.GET("/api/v1/me/permissions", { params, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  return (
    <>
      <Text mb="xs">
        {administrator
          ? "Everything: you manage users, webhooks and settings, and may read every resource."
          : "Your webhooks are told of what you may read. Ask an administrator for more."}
      </Text>
      <Loaded query={query} missing="Nothing is known of it.">
        {({ pages }) => {
          const permissions = pages.flatMap(({ items }) => items);
          if (permissions.length === 0) return administrator ? null : <Nothing />;
          return (
            <Rows label="Your permissions">
              {permissions.map((permission) => (
                <Row key={permission.id}>
                  {permissionText(permission)}{" "}
                  <span className="dimmed">
                    {permission.role === null ? "" : `by the role “${permission.role.name}”`}
                  </span>
                </Row>
              ))}
            </Rows>
          );
        }}
      </Loaded>
      <More query={query} />
    </>
  );
}

function Nothing() {
  return (
    <Text c="dimmed">
      Nothing yet: your webhooks are told of nothing that takes a permission to read.
    </Text>
  );
}
