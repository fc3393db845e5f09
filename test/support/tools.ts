// Tools of the operating system that tests compare with: used where present, demanded where CI says so.

import { execFileSync, spawnSync } from 'node:child_process';
import type { Context } from 'mocha';

/**
 * Output of a tool; skips the test where it is not installed, unless CLEANROOM_REQUIRE_TOOLS=1.
 */
export function runTool(test: Context, tool: string, args: readonly string[]): string {
  requireTool(test, tool);
  return execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Skips the test where `tool` is not installed, unless CLEANROOM_REQUIRE_TOOLS=1. */
export function requireTool(test: Context, tool: string, versionArgs = ['--version']): void {
  if (spawnSync(tool, versionArgs, { stdio: 'ignore' }).error === undefined) return;
  if (process.env['CLEANROOM_REQUIRE_TOOLS'] === '1') throw new Error(`${tool} is not installed`);
  test.skip();
}
