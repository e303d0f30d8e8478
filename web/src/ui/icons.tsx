import type { ReactNode } from "react";

type IconProps = { size?: string };

/** Drawn on a grid of 20 with one weight of line, so that they sit well beside text of any size. */
function Drawing({ size = "1.15em", children }: IconProps & { children: ReactNode }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 20 20"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      className="shrink-0"
    >
      {children}
    </svg>
  );
}

export const CheckIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="m4.500 10.500 3.700 3.700 7.300-8" />
  </Drawing>
);

export const CrossIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="m5.500 5.500 9 9m0-9-9 9" />
  </Drawing>
);

export const PlusIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M10 4.500v11M4.500 10h11" />
  </Drawing>
);

export const ArrowOutIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M7.500 5.500h7v7m-.5-6.500-8.500 8.500" />
  </Drawing>
);

export const ArrowBackIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M15.500 10h-11m4.500-4.500L4.500 10 9 14.500" />
  </Drawing>
);

export const CopyIcon = (props: IconProps) => (
  <Drawing {...props}>
    <rect x="7.500" y="7.500" width="8.500" height="8.500" rx="1.500" />
    <path d="M12.500 7.500v-2a1.500 1.500 0 0 0-1.500-1.500H5.500A1.500 1.500 0 0 0 4 5.500V11a1.500 1.500 0 0 0 1.500 1.500h2" />
  </Drawing>
);

export const EyeIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M2.500 10S5.200 4.800 10 4.800 17.500 10 17.500 10 14.800 15.200 10 15.200 2.500 10 2.500 10z" />
    <circle cx="10" cy="10" r="2.300" />
  </Drawing>
);

export const EyeOffIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M3.500 3.500l13 13M8 5.100A7.500 7.500 0 0 1 10 4.800c4.800 0 7.500 5.200 7.500 5.200a13 13 0 0 1-2.200 2.800M5.600 6.500A12.500 12.500 0 0 0 2.500 10S5.200 15.200 10 15.200c1.600 0 2.900-.5 4-1.200M8.400 8.400a2.300 2.300 0 0 0 3.200 3.200" />
  </Drawing>
);

export const SearchIcon = (props: IconProps) => (
  <Drawing {...props}>
    <circle cx="8.800" cy="8.800" r="4.800" />
    <path d="m12.500 12.500 4 4" />
  </Drawing>
);

export const ChevronIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="m5.500 8 4.500 4.500L14.500 8" />
  </Drawing>
);

export const RetryIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M15.800 8.500A6 6 0 1 0 16 11.500M16 4.500v4h-4" />
  </Drawing>
);

export const WarningIcon = (props: IconProps) => (
  <Drawing {...props}>
    <path d="M10 3.500 17.500 16.500h-15zM10 8.500v3.800m0 2.100v.1" />
  </Drawing>
);

export const PersonIcon = (props: IconProps) => (
  <Drawing {...props}>
    <circle cx="10" cy="7" r="3" />
    <path d="M4 16.500c.7-3 3-4.500 6-4.500s5.300 1.500 6 4.500" />
  </Drawing>
);
