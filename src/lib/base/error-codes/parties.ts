// Errors of the command itself, of files, contracts and profiles. Kept in sections, one a domain; alphabetical inside a section.

import { type ErrorEntry, EXIT } from './entry.js';

const { bug, usage, badInput, unsafe, refused, interrupted } = EXIT;

export const PARTY_ERRORS = {
  // general
  CONFIRMATION_NEEDED: {
    exit: usage,
    summary: 'The command changes something that cannot be undone, and there is no terminal to ask on.',
    fix: 'Add --yes.',
  },
  FAILURE_UNKNOWN: {
    exit: badInput,
    summary: 'The text contains no known failure.',
    fix: 'Give the whole error as it was printed, or the JSON that az prints with --output json.',
  },
  INTERNAL: {
    exit: bug,
    summary: 'cleanroom itself failed.',
    fix: 'Run again with DEBUG=cleanroom* and report what it prints.',
  },
  INTERRUPTED: {
    exit: interrupted,
    summary: 'The command was interrupted.',
    fix: 'Run the same command again to continue.',
  },
  OPTIONAL_PACKAGE_MISSING: {
    exit: usage,
    summary: 'An optional package that this command needs is not installed.',
    fix: 'Install it: npm install --include=optional',
  },
  USAGE: {
    exit: usage,
    summary: 'The command does not accept this command line.',
    fix: 'See the command with --help.',
  },

  // files
  DIRECTORY_NOT_EMPTY: {
    exit: usage,
    summary: 'The directory is not empty.',
    fix: 'Name one that does not exist yet, or an empty one.',
  },
  FILE_CHANGED: {
    exit: badInput,
    summary: 'The file changed while it was being read.',
    fix: 'Run the command again when nothing writes to the file.',
  },
  FILE_EMPTY: { exit: badInput, summary: 'The file is empty.', fix: 'Give a file with content.' },
  FILE_EXISTS: {
    exit: badInput,
    summary: 'A file that would be written exists already.',
    fix: 'Move it away, write elsewhere, or add --force to replace it.',
  },
  FILE_NOT_FOUND: { exit: badInput, summary: 'The file does not exist.', fix: 'Check the path.' },
  FILE_TOO_LARGE: {
    exit: badInput,
    summary: 'The file is larger than this input may be.',
    fix: 'Give a smaller file, or split it.',
  },
  FILE_UNREADABLE: {
    exit: badInput,
    summary: 'The file cannot be read.',
    fix: 'Check that it is a regular file and that you may read it.',
  },
  FILE_UNWRITABLE: {
    exit: badInput,
    summary: 'The file cannot be written.',
    fix: 'Check the directory, its permissions and the free space; nothing was changed.',
  },
  JSON_MALFORMED: {
    exit: badInput,
    summary: 'The JSON is not well formed, has a duplicate key, or is too deep.',
    fix: 'Correct the file at the place named.',
  },
  TEXT_NOT_UTF8: {
    exit: badInput,
    summary: 'The text is not UTF-8.',
    fix: 'Convert it first, for example: iconv -f latin1 -t utf-8 FILE',
  },
  TOO_MANY_FILES_OPEN: {
    exit: badInput,
    summary: 'The system does not let the process open another file.',
    fix: 'Raise the limit, for example: ulimit -n 1024. Then run the same command again.',
  },

  // contract
  ACCESS_EXPIRED: {
    exit: refused,
    summary: 'The access to storage that the reply contains has expired.',
    fix: 'Ask the party for a new reply: cleanroom accept with the same offer and text.',
  },
  CLEANROOM_FILE_INVALID: {
    exit: badInput,
    summary: 'The file is not a card, an offer or a reply.',
    fix: 'Ask the sender for the file again: it is written by cleanroom init, propose or accept.',
  },
  CLEANROOM_FILE_OTHER: {
    exit: usage,
    summary: 'The command does not accept a file of this kind.',
    fix: 'A card goes to cleanroom propose, an offer to cleanroom accept, a reply to cleanroom deploy.',
  },
  CONSENT_MISSING: {
    exit: refused,
    summary: 'The parties of the contract have not signed it as it demands.',
    fix: 'Have the missing parties sign: cleanroom contract sign -f contract.yaml',
  },
  CONTRACT_EXISTS: {
    exit: unsafe,
    summary: 'There is a contract already, which other parties may have agreed to.',
    fix: 'Move it away, or replace it with --force.',
  },
  CONTRACT_INVALID: {
    exit: badInput,
    summary: 'The contract does not have the form that the schema demands.',
    fix: 'Correct the field named; contract.example.yaml shows every field.',
  },
  CONTRACT_MALFORMED: {
    exit: badInput,
    summary: 'The contract is not YAML that can be read unambiguously.',
    fix: 'Remove duplicate keys, anchors and tags; check the line named.',
  },
  CONTRACT_NOT_MY_CARD: {
    exit: refused,
    summary: 'The contract names keys, a vault or storage for this party that are not those of its card.',
    fix: 'Do not sign. Send your card again, and have the contract proposed anew.',
  },
  CONTRACT_RENEW_INCOMPLETE: {
    exit: usage,
    summary: 'The earlier contract lacks parts that its successor needs.',
    fix: 'Give what is missing: --with CARD for a party, --model DIR for the model.',
  },
  CONTRACT_USED_UP: {
    exit: refused,
    summary: 'The contract allows no further result, so a room would refuse a new version of the dataset.',
    fix: 'Agree on its successor, written with: cleanroom contract renew -f contract.yaml',
  },
  CONTRACT_VERSION: {
    exit: badInput,
    summary: 'This toolkit does not read that version of a contract.',
    fix: 'Write its successor with: cleanroom contract renew -f contract.yaml',
  },
  DATASET_UNKNOWN: {
    exit: usage,
    summary: 'The contract has no dataset of that id.',
    fix: 'Name one of the datasets that the contract lists.',
  },
  EMULATED_CONTRACT: {
    exit: refused,
    summary: 'A contract for a local Azure names a service that is not on this machine.',
    fix: 'Agree on a contract without trust.emulated; for a local Azure, use its own vaults, accounts and attestation service.',
  },
  OFFER_OTHER_CONTRACT: {
    exit: unsafe,
    summary: 'The reply is about another contract than the one in this directory.',
    fix: 'Run the command in the directory of that contract, or ask for a reply to this one.',
  },
  PARTY_CARD_INVALID: {
    exit: badInput,
    summary: 'The party card does not have the expected form.',
    fix: 'Ask the party for a new one: it is the file PARTY.party.json that cleanroom init writes.',
  },
  PARTY_KEY_INVALID: {
    exit: badInput,
    summary: "The file does not contain the party's private key.",
    fix: 'Give the private JWK that cleanroom init wrote for this party.',
  },
  PARTY_KEY_MISMATCH: {
    exit: unsafe,
    summary: 'The private key is not the contract key that the contract names for this party.',
    fix: 'Use the key that cleanroom init made for this party and contract.',
  },
  PARTY_UNKNOWN: {
    exit: usage,
    summary: 'The contract has no party of that id.',
    fix: 'Name one of the parties that the contract lists.',
  },
  STATEMENT_REFUTED: {
    exit: refused,
    summary: 'A statement that must be proven before anything is signed, sealed or deployed is refuted.',
    fix: 'See each statement: cleanroom verify FILE. Do not sign; ask the host what differs.',
  },
  STATEMENT_UNPROVEN: {
    exit: refused,
    summary:
      'A statement that must be proven before anything is signed, sealed or deployed could not be proven here.',
    fix: 'See what is missing: cleanroom verify FILE',
  },
  TRUST_MISMATCH: {
    exit: unsafe,
    summary: 'The local trust files are not those that the contract pins.',
    fix: 'Use the profile of the emulator that the contract was written for.',
  },

  // profile
  NO_ENVIRONMENT: {
    exit: usage,
    summary: 'No profile is chosen and no local emulator is running.',
    fix: 'To try it out, start the local Azure: cleanroom emulator start. For Azure, the script of cleanroom prereqs writes a profile into cleanroom.config.yaml.',
  },
  PLATFORM_NOT_AGREED: {
    exit: refused,
    summary: 'The contract names another platform, whose policy has another text.',
    fix: 'Deploy to the platform of the contract, or propose a contract for the other one.',
  },
  PROFILE_INVALID: {
    exit: badInput,
    summary: 'The profile does not have the expected form.',
    fix: 'Correct the field named in cleanroom.config.yaml.',
  },
  PROFILE_OF_ANOTHER_PARTY: {
    exit: usage,
    summary: 'The profile belongs to another party than this directory.',
    fix: "Leave --profile out, or work in that party's own directory.",
  },
  PROFILE_UNKNOWN: {
    exit: usage,
    summary: 'There is no profile of that name.',
    fix: 'Name one that cleanroom.config.yaml or the running emulator has.',
  },
} as const satisfies Record<string, ErrorEntry>;
