// What doctor asks of the outside; src/lib/azure/azure-probe.ts answers.

/** A service as its first answer shows it. */
export interface Reached {
  readonly status: number;
  /** Its clock, from the Date header; null where it sends none. */
  readonly date: Date | null;
}

export interface AzureProbe {
  /** Any answer counts as reached. @throws CleanroomError SERVICE_UNREACHABLE */
  reach(url: string): Promise<Reached>;
  /** Gets a token for `scope` and forgets it. @throws CleanroomError LOGIN_FAILED and the like */
  logIn(scope: string): Promise<void>;
  /** A resource or list of Azure Resource Manager, as JSON. @throws CleanroomError as the service refuses */
  readResource(path: string, apiVersion: string): Promise<unknown>;
  /** Operating systems that container groups may have in a region. */
  containerSystems(region: string): Promise<readonly string[]>;
}
