import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const BagIcon = () => (
  <Icon>
    <path d="M5.2 8.5h13.6l1 11.2a.9.9 0 0 1-.9 1H5.1a.9.9 0 0 1-.9-1z" />
    <path d="M8.7 11V7.2a3.3 3.3 0 0 1 6.6 0V11" />
  </Icon>
);
export const ArrowIcon = () => (
  <Icon>
    <path d="M4 12h15.5M13.5 6l6 6-6 6" />
  </Icon>
);
export const BackIcon = () => (
  <Icon>
    <path d="M20 12H4.5M10.5 6l-6 6 6 6" />
  </Icon>
);
export const MinusIcon = () => (
  <Icon>
    <path d="M6 12h12" />
  </Icon>
);
export const PlusIcon = () => (
  <Icon>
    <path d="M6 12h12M12 6v12" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);
