export { type JudgeOptions, judgeHistory } from './judge.js'
export { NdjsonWriter, readNdjson } from './ndjson.js'
export { createRun, type FaultRecorder, type RecordedFault, type RunHead, readHistory, readRun, recordFault } from './store.js'
export type {
  FinalState,
  History,
  HistoryCounts,
  Item,
  MemberHash,
  Operation,
  OperationKind,
  Outcome,
  PropertyId,
  PropertyVerdict,
  Verdict,
  WatchEvent,
  WatchEventType,
  Witness,
} from './types.js'
export { propertyIds } from './types.js'
export { eventInWords, operationInWords } from './words.js'
