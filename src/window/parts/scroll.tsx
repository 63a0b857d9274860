// A part that scrolls by itself, and that the keyboard can scroll.
import type { ComponentChildren } from 'preact'

interface ScrollProps {
  /** What is in it. */
  readonly label: string
  readonly class: 'scroll' | 'log' | 'short'
  readonly children: ComponentChildren
}

export const Scroll = ({ label, class: look, children }: ScrollProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: without it, not every browser lets the keyboard scroll it.
  <section class={look} tabIndex={0} aria-label={label}>
    {children}
  </section>
)
