// The thread of file-pieces.ts.

import { constants, platform, setPriority } from 'node:os';

import { answerRequests } from './worker-thread.js';
import { type PieceRequest, readPiece } from './file-pieces.js';

// On Linux, of this thread only: who sends goes first, for that is what everybody waits for.
if (platform() === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

answerRequests((request: PieceRequest) => readPiece(request));
