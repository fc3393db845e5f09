// What a group shows of itself: the state of each container, and what follows from them for the group.

import type { ContainerView, GroupState } from './group-spec.js';

/** A container that has not been started. */
export function waitingContainer(name: string, events: ContainerView['events']): ContainerView {
  return {
    name,
    currentState: { state: 'Waiting', detailStatus: '' },
    previousState: null,
    restartCount: 0,
    events,
  };
}

/** The state of a group that was neither denied nor halted. */
export function stateOf(containers: readonly ContainerView[]): GroupState {
  const states = containers.map(({ currentState }) => currentState);
  if (states.some(({ state }) => state === 'Running')) return 'Running';
  if (!states.every(({ state }) => state === 'Terminated')) return 'Pending';
  return states.every(({ exitCode }) => exitCode === 0) ? 'Succeeded' : 'Failed';
}
