// A fragment's text, as az confcom acifragmentgen writes it: containers without pause and without Microsoft's import.

import { CleanroomError } from '../../base/errors.js';
import type { ContainerRule, FragmentImport } from '../policy-document.js';
import { parseFragment } from '../read/fragment-model.js';
import { ShapeError } from '../read/policy-shape.js';
import { RegoFormError } from '../read/rego-reader.js';
import { compactJson, prettyJson, type PythonJson } from './python-json.js';
import { textProfile, type TextProfileName } from './text-profile.js';

export interface FragmentContent {
  /** Package of the text; a Rego identifier that the guest does not use itself. */
  readonly namespace: string;
  /** Whole number: whoever imports the fragment says the least that it takes. */
  readonly svn: number;
  readonly containers: readonly ContainerRule[];
  readonly fragments: readonly FragmentImport[];
}

/**
 * The text, with a line break at its end.
 *
 * @throws CleanroomError FRAGMENT_INVALID for a namespace that the guest refuses, or an SVN that is no whole number from 0.
 */
export function renderFragment(content: FragmentContent, profile: TextProfileName): string {
  if (!Number.isSafeInteger(content.svn) || content.svn < 0) {
    throw new CleanroomError('FRAGMENT_INVALID', 'the SVN is no whole number from 0');
  }
  const text = [
    `package ${content.namespace}`,
    '',
    `svn := "${content.svn}"`,
    `framework_version := "${textProfile(profile).frameworkVersion}"`,
    '',
    `fragments := ${prettyJson(content.fragments as unknown as PythonJson)}`,
    '',
    `containers := ${compactJson(content.containers as unknown as PythonJson)}`,
    '',
  ].join('\n');
  try {
    parseFragment(text);
    return text;
  } catch (cause) {
    if (!(cause instanceof ShapeError) && !(cause instanceof RegoFormError)) throw cause;
    throw new CleanroomError('FRAGMENT_INVALID', cause.message, { cause });
  }
}
