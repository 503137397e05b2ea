import {
  createTheme,
  type AlertProps,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type MantineTheme,
} from "@mantine/core";

const harbour: MantineColorsTuple = [
  "#eef6fa",
  "#d9eaf2",
  "#b0d5e5",
  "#84bfd8",
  "#5eacca",
  "#3f9bbf",
  "#1f7fa6",
  "#126a8e",
  "#0c5876",
  "#07445c",
];

const dark: MantineColorsTuple = [
  "#d5dbe1",
  "#b6bfc9",
  "#8f9aa6",
  "#66727f",
  "#3b4550",
  "#2d353f",
  "#20272f",
  "#161b21",
  "#10151a",
  "#0b0f13",
];

/** Notices in the tones of states, which can be read in both schemes. */
function alertColours(_theme: MantineTheme, { color }: AlertProps) {
  const tone = { red: "bad", yellow: "wait", teal: "ok" }[String(color)] ?? "info";
  return {
    root: {
      "--alert-bg": `var(--tone-${tone}-bg)`,
      "--alert-color": `var(--tone-${tone})`,
      "--alert-bd": `1px solid color-mix(in srgb, var(--tone-${tone}) 35%, transparent)`,
    },
  };
}

/** Dialogs can be closed by name, and their head is not another banner of the page. */
const dialog = {
  closeButtonProps: { "aria-label": "Close" },
  attributes: { header: { role: "presentation" } },
};

/** One accent, small radii, system fonts. */
export const theme = createTheme({
  colors: { harbour, dark },
  primaryColor: "harbour",
  primaryShade: { light: 7, dark: 7 },
  defaultRadius: "sm",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.25rem", lineHeight: "1.3" },
      h2: { fontSize: "1rem", lineHeight: "1.4" },
      h3: { fontSize: "0.875rem", lineHeight: "1.4" },
    },
  },
  focusRing: "auto",
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    Alert: { vars: alertColours },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    Drawer: { defaultProps: dialog },
    Modal: { defaultProps: dialog },
  },
});

/** Colours of the component library that are too faint for small text (WCAG AA), made stronger. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5a636d",
    "--mantine-color-placeholder": "#6a737d",
    "--mantine-color-error": "#b42318",
    "--mantine-color-text": "#1b2127",
    "--mantine-color-anchor": "#0f6183",
  },
  dark: {
    "--mantine-color-dimmed": "#a3adb8",
    "--mantine-color-placeholder": "#8f9aa6",
    "--mantine-color-error": "#ff9b93",
    "--mantine-color-anchor": "#7cc3e0",
  },
});
