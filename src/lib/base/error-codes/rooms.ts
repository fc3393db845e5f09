// Errors of summaries, of the room that makes them, and of what is audited after it. Kept in sections, one a domain; alphabetical inside a section.

import { type ErrorEntry, EXIT } from './entry.js';

const { bug, usage, badInput, refused, service } = EXIT;

export const ROOM_ERRORS = {
  // summary
  MODEL_DIGEST_MISMATCH: {
    exit: refused,
    summary: 'The model is not the one that was agreed on.',
    fix: 'Compare the digests with: cleanroom model inspect DIR',
  },
  MODEL_FAILED: {
    exit: bug,
    summary: 'The model stopped with a failure of its own.',
    fix: 'Try it on a short text; if that fails too, the files are not a working export of the model.',
  },
  MODEL_INVALID: {
    exit: badInput,
    summary: 'The directory does not contain a T5 or BART model in the layout of transformers.js.',
    fix: 'docs/reference/models.md lists the files; inspect yours with: cleanroom model inspect DIR',
  },
  MODEL_LAYER_MISSING: {
    exit: badInput,
    summary: "The summarizer's image does not contain the model layer that the contract names.",
    fix: 'Pack the model into the image as it was when the contract was written, or write the contract anew.',
  },
  MODEL_OUTPUT_REJECTED: {
    exit: badInput,
    summary: 'The model’s text shows a sign of failure: it is not a summary of this text.',
    fix: 'Use a model that was made for this kind of text and language, or summarize by sentences (without --model).',
  },
  MODEL_REFUSED: {
    exit: refused,
    summary: 'The model contains parts that no exported T5 or BART has, so it is not run.',
    fix: 'The message names the part; use a model exported as docs/reference/models.md describes.',
  },
  MODEL_TOO_LARGE: {
    exit: badInput,
    summary: 'The model does not fit into the memory of this machine.',
    fix: 'Take a smaller model or give the container more memory (memoryGiB in the contract).',
  },
  MODEL_UNKNOWN: {
    exit: usage,
    summary: 'There is no model of that name.',
    fix: 'Name one that cleanroom model fetch --help lists, or OWNER/REPOSITORY.',
  },
  SUMMARY_ALPHABET: {
    exit: refused,
    summary: 'The summary has characters of a script that was not named.',
    fix: 'Name the scripts of the text with --script; in a contract they are summary.limits.scripts.',
  },
  TEXT_BINARY: {
    exit: badInput,
    summary: 'The input is binary data, not text.',
    fix: 'Give plain text; extract it first from PDF, DOCX and the like.',
  },
  TEXT_EMPTY: {
    exit: badInput,
    summary: 'The text contains no words.',
    fix: 'Give a text with at least one sentence.',
  },
  TEXT_TOO_LARGE: {
    exit: badInput,
    summary: 'The text is longer than the summarizer accepts.',
    fix: 'Split it into several datasets, or leave out what need not be summarized.',
  },

  // summarizer and room
  BUDGET_SPENT: {
    exit: refused,
    summary: 'The contract allows no further result.',
    fix: 'Agree on a new contract, or on a larger maxResults, if another result is wanted.',
  },
  BLOB_CHANGED: {
    exit: service,
    summary: 'A blob was replaced while it was being read or written.',
    fix: 'Restart the room once nobody is uploading.',
  },
  BLOB_DAMAGED_ON_WAY: {
    exit: service,
    summary: 'Storage refused a block because it did not arrive as it was sent.',
    fix: 'Run the same command again: it sends what is missing. If it happens again, check the network between here and storage.',
  },
  BLOB_HEADER_NOT_APART: {
    exit: badInput,
    summary:
      'The blob was not uploaded with its header as a block of its own, so that the header cannot be replaced alone.',
    fix: 'Seal and upload it again with: cleanroom encrypt',
  },
  BLOB_MISSING: {
    exit: service,
    summary: 'A blob that the room needs is not in storage.',
    fix: 'Let its owner upload it: cleanroom encrypt.',
  },
  BLOB_NAME_TAKEN: {
    exit: service,
    summary: 'Another blob is stored under the name of the dataset; it is not overwritten.',
    fix: 'Inspect it with: cleanroom blob inspect URL. Remove it, or name another blob in the contract.',
  },
  BLOB_REFUSED: {
    exit: service,
    summary: 'Storage refused the request of the room.',
    fix: 'Deploy again for a new SAS, and check its permissions with: cleanroom doctor',
  },
  BLOB_TOO_LARGE: {
    exit: badInput,
    summary: 'A blob is larger than the room accepts.',
    fix: 'Split the dataset, or give a smaller one.',
  },
  CONTRACT_DIGEST_MISMATCH: {
    exit: refused,
    summary: 'The contract in storage is not the one that the room was measured for.',
    fix: 'Upload the agreed contract again, or deploy with the policy of the new one.',
  },
  DATASET_REFUSED: {
    exit: refused,
    summary: 'A dataset is not what its owner sealed for this contract.',
    fix: 'Let its owner seal and upload it again: cleanroom encrypt.',
  },
  LIMIT_REFUSED: {
    exit: refused,
    summary: "The summary exceeds the contract's limits, so it is not released.",
    fix: 'See the failed checks in the receipt; other limits need a new contract.',
  },
  RECEIPT_REJECTED: {
    exit: refused,
    summary: 'The receipt is malformed or not signed by the room.',
    fix: 'Fetch it again with its room report; do not rely on the result.',
  },
  RESULT_NOT_THERE: {
    exit: service,
    summary: 'The result is not there yet, or not complete.',
    fix: 'See how far the room is: cleanroom status',
  },
  RESULT_WAS_REFUSED: {
    exit: refused,
    summary: 'The room ended without a result; a signed receipt names the cause.',
    fix: 'See what the code means with: cleanroom why CODE',
  },
  NOT_A_RECIPIENT: {
    exit: refused,
    summary: 'The contract gives the summary to other parties.',
    fix: 'Run summary as a recipient; contract show names them.',
  },
  NO_RESULT: {
    exit: refused,
    summary: 'The run was counted and gave no result; the cause is sealed to the owners of its datasets.',
    fix: 'A data owner reads the cause in its own directory with: cleanroom why',
  },
  ROOM_CONFIG_INVALID: {
    exit: usage,
    summary: 'The environment of the room is not the one that the contract plans.',
    fix: 'Deploy again: cleanroom deploy sets it.',
  },
  ROOM_EVIDENCE_MALFORMED: {
    exit: refused,
    summary: 'The room’s evidence does not have the form of version 1.',
    fix: 'Check that the address is that of a room of this version of cleanroom.',
  },
  ROOM_KEY_MISMATCH: {
    exit: refused,
    summary: 'The server is not the attested one.',
    fix: 'Do not use the connection; ask the host who answers at that address.',
  },
  ROOM_POLICY_MISMATCH: {
    exit: refused,
    summary:
      'The room does not run under the policy that its hardware report names, or that policy pins another contract.',
    fix: 'Deploy again with the policy of this contract.',
  },
  ROOM_PORT_UNUSABLE: {
    exit: badInput,
    summary: 'The room cannot listen on a port of its contract.',
    fix: 'Take a port from 1024 in room.ports that no other container of the group listens on.',
  },
  ROOM_RUNTIME_DATA_MALFORMED: {
    exit: refused,
    summary: 'The runtime data is not that of a room.',
    fix: 'Fetch new evidence from the room: cleanroom attest.',
  },
  ROOM_TMP_UNUSABLE: {
    exit: badInput,
    summary:
      "The room's directory for temporary files is full or read-only, so that a sealed model cannot be unpacked.",
    fix: 'Give the room a /tmp that it may write, with room for the model; or pack the model into the image.',
  },
  SEALED_RESULT_REJECTED: {
    exit: refused,
    summary: 'The sealed result cannot be opened.',
    fix: "Check that the key is the recipient's of the contract, and fetch the result again.",
  },

  // audit
  LOG_ARTEFACT_UNKNOWN: {
    exit: badInput,
    summary: 'A transparency log has no entries of this kind of file.',
    fix: 'Name its kind: --kind contract, consent, policy, seal-statement, deployment, receipt or tombstone.',
  },
  LOG_BUSY: {
    exit: service,
    summary: 'Other writers keep the transparency log busy.',
    fix: 'Run the same command again.',
  },
  LOG_ENTRY_MISSING: {
    exit: refused,
    summary: 'The transparency log has no such entry.',
    fix: 'Check that it is the right log; append the entry with: cleanroom log append',
  },
  LOG_FORKED: {
    exit: refused,
    summary: 'The log does not continue the one of the kept tree head.',
    fix: 'Keep both copies as evidence, and ask the keeper of the log.',
  },
  LOG_MALFORMED: {
    exit: badInput,
    summary: 'The transparency log is damaged: a line is changed, cut or not canonical.',
    fix: 'Compare it with another copy of the log; the line named is the first that is wrong.',
  },
  LOG_PROOF_MALFORMED: {
    exit: badInput,
    summary: 'The file is not a proof of a transparency log.',
    fix: 'Make it again with: cleanroom log prove LOG FILE',
  },
  TREE_HEAD_REJECTED: {
    exit: refused,
    summary: 'The signature of the tree head is invalid.',
    fix: 'Check that the key is that of the keeper of the log.',
  },
} as const satisfies Record<string, ErrorEntry>;
