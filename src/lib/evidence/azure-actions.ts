// Actions of Azure's role definitions (Learn, "Understand Azure role definitions").

/** What a role gives: patterns of actions, and those that are taken out again. */
export interface GrantedActions {
  readonly granted: readonly string[];
  readonly withheld?: readonly string[] | undefined;
}

/** Whether a role gives `action`. In a pattern `*` stands for any text, for none too; case does not matter. */
export function givesAction({ granted, withheld = [] }: GrantedActions, action: string): boolean {
  const covers = (pattern: string): boolean => coversAction(pattern, action);
  return granted.some(covers) && !withheld.some(covers);
}

function coversAction(pattern: string, action: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[.\\/+?^${}()|[\]]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`, 'i').test(action);
}
