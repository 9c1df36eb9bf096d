import { QueryErrorResetBoundary } from "@tanstack/react-query";
import { Component, type ReactNode } from "react";
import { FailedPage } from "./failed-page.tsx";

interface BoundaryProps {
  children: ReactNode;
  /** What the failure belongs to: it is forgotten when this changes. */
  place: string;
  reset: () => void;
}

/** Catches what a page throws while it draws itself, and offers to try again. */
class Boundary extends Component<BoundaryProps, { error: unknown }> {
  override state = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidUpdate({ place }: BoundaryProps) {
    if (this.state.error !== undefined && place !== this.props.place) this.#retry();
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return <FailedPage error={this.state.error} onRetry={this.#retry} />;
  }

  readonly #retry = () => {
    this.props.reset();
    this.setState({ error: undefined });
  };
}

export interface ErrorBoundaryProps {
  children: ReactNode;
  /** What the failure belongs to, such as an address: it is forgotten when this changes. */
  place?: string;
}

/** Shows a page's mistake in its place; the frame around it goes on working. */
export function ErrorBoundary({ children, place = "" }: ErrorBoundaryProps) {
  return (
    <QueryErrorResetBoundary>
      {({ reset }) => (
        <Boundary place={place} reset={reset}>
          {children}
        </Boundary>
      )}
    </QueryErrorResetBoundary>
  );
}
