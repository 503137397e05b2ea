import {
  columnVisibilityFeature,
  createColumnHelper,
  tableFeatures,
  useTable,
  type Header,
} from "@tanstack/react-table";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useMemo, type MouseEvent, type ReactNode } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import classes from "./DataGrid.module.css";
import { toggleSort, type Sort } from "./state";

/** A column of a grid. */
export interface GridColumn<Row> {
  /** Its name in preferences, and in the order if it is sortable. */
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  sortable?: boolean;
  /** Not shown unless one asks for it. */
  hidden?: boolean;
  /** The column that leads to the details, and heads the card on narrow screens. Not to be hidden. */
  main?: boolean;
  align?: "right";
  /** The widest it may be, such as `20rem`; longer text is cut. */
  width?: string;
  /** Instead of `width`: the share of the table in percent that it takes if there is room. */
  share?: number;
}

interface Props<Row> {
  label: string;
  rows: Row[];
  rowId: (row: Row) => string;
  rowPath: ((row: Row) => string) | undefined;
  columns: readonly GridColumn<Row>[];
  hidden: readonly string[];
  sort: Sort[];
  mostSorts: number;
  onSort: (sort: Sort[]) => void;
  stale: boolean;
}

const features = tableFeatures({ columnVisibilityFeature });

/** The rows of a page: a table, or cards on narrow screens. */
export function GridTable<Row>(props: Props<Row>) {
  const { columns, hidden, sort } = props;
  const definitions = useMemo(() => {
    const helper = createColumnHelper<typeof features, object>();
    return columns.map((column) => helper.display({ id: column.id, header: column.header }));
  }, [columns]);
  const table = useTable({
    features,
    columns: definitions,
    // Cells are drawn by our own columns, which know the type of their rows.
    data: props.rows as object[],
    getRowId: (row) => props.rowId(row as Row),
    state: { columnVisibility: visibility(columns, hidden) },
  });
  const byId = new Map(columns.map((column) => [column.id, column]));
  return (
    <div className={classes.scroll}>
      <table
        className={classes.table}
        aria-label={props.label}
        role="table"
        data-stale={props.stale}
      >
        <thead role="rowgroup">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} role="row">
              {group.headers.map((header) => (
                <Heading
                  key={header.id}
                  header={header}
                  column={byId.get(header.id)}
                  sort={sort}
                  onToggle={(add) =>
                    props.onSort(toggleSort(sort, header.id, add, props.mostSorts))
                  }
                />
              ))}
            </tr>
          ))}
        </thead>
        <tbody role="rowgroup">
          {table.getRowModel().rows.map((row) => (
            <BodyRow key={row.id} path={props.rowPath?.(row.original as Row)}>
              {(link) =>
                row.getVisibleCells().map((cell) => {
                  const column = byId.get(cell.column.id);
                  if (column === undefined) return null;
                  const content = column.cell(row.original as Row);
                  return (
                    <Cell key={cell.id} column={column}>
                      {column.main ? link(content) : content}
                    </Cell>
                  );
                })
              }
            </BodyRow>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function visibility<Row>(columns: readonly GridColumn<Row>[], hidden: readonly string[]) {
  return Object.fromEntries(
    columns.map(({ id, main }) => [id, main === true || !hidden.includes(id)]),
  );
}

interface HeadingProps<Row> {
  header: Header<typeof features, object>;
  column: GridColumn<Row> | undefined;
  sort: readonly Sort[];
  onToggle: (add: boolean) => void;
}

function Heading<Row>({ header, column, sort, onToggle }: HeadingProps<Row>) {
  const place = sort.findIndex(({ id }) => id === header.id);
  const entry = sort[place];
  const ariaSort = entry === undefined ? undefined : entry.desc ? "descending" : "ascending";
  const Arrow = entry?.desc ? ArrowDown : ArrowUp;
  const content = column?.header;
  return (
    <th
      role="columnheader"
      scope="col"
      // Only the first column of the order may say so.
      aria-sort={place === 0 ? ariaSort : undefined}
      data-align={column?.align}
      data-share={column?.share !== undefined}
      data-main={column?.main}
      className={classes.heading}
    >
      {column?.sortable === true ? (
        <button
          type="button"
          className={classes.sortButton}
          onClick={(event) => onToggle(event.shiftKey)}
          title="Sort; with Shift, sort by this as well"
        >
          {content}
          {entry !== undefined && (
            <span className={classes.order}>
              <Arrow size={13} aria-hidden />
              {sort.length > 1 && <span aria-hidden>{place + 1}</span>}
            </span>
          )}
        </button>
      ) : (
        content
      )}
    </th>
  );
}

interface BodyRowProps {
  path: string | undefined;
  children: (link: (content: ReactNode) => ReactNode) => ReactNode;
}

function BodyRow({ path, children }: BodyRowProps) {
  const { search, pathname } = useLocation();
  const navigate = useNavigate();
  if (path === undefined) return <tr role="row">{children((content) => content)}</tr>;
  // A convenience for the mouse: the link in the main cell is there for everybody.
  const open = (event: MouseEvent<HTMLTableRowElement>) => {
    const target = event.target as HTMLElement;
    const ownUse = target.closest("a, button, input, label, [role=switch], [role=dialog]") !== null;
    if (ownUse || !event.currentTarget.contains(target)) return;
    if (getSelection()?.toString()) return;
    void navigate({ pathname: path, search });
  };
  return (
    <tr role="row" className={classes.clickable} onClick={open} data-current={pathname === path}>
      {children((content) => (
        <Link to={{ pathname: path, search }} className={classes.mainLink}>
          {content}
        </Link>
      ))}
    </tr>
  );
}

function Cell<Row>({ column, children }: { column: GridColumn<Row>; children: ReactNode }) {
  return (
    <td
      role="cell"
      data-label={column.header}
      data-main={column.main}
      data-align={column.align}
      className={classes.cell}
      // With a share, its content does not widen the column, and is cut where that ends.
      style={
        column.share === undefined
          ? { maxWidth: column.width }
          : { maxWidth: 0, width: `${column.share}%` }
      }
    >
      {children}
    </td>
  );
}
