// Every operation of the API there is, in the order the document shows them; a route that is not here has no page.
import type { Operation } from '../operation.ts'
import { getAnomalies, muteAnomalies, seeAnomalies, unmuteAnomalies } from './anomalies.ts'
import { exportAudit, getAuditLog, verifyAudit, whoAsked } from './audit.ts'
import { confirmBackup, makeBackup } from './backup.ts'
import { getLogs, getMetrics, getMetricsPlainly, getProblems } from './care.ts'
import { getDoctor } from './doctor.ts'
import { getEvents } from './events.ts'
import { exportHistory, importHistory } from './export.ts'
import { deleteHistory, getHistory, getRankedCommands } from './history.ts'
import { beginImport, finishImport, getImports, importEntries, undoImport } from './import.ts'
import { noteRead } from './mcp.ts'
import { getOpenApi } from './openapi.ts'
import { DECISIONS, explainPeer, getPeers, trustPeer } from './peers.ts'
import { getProcesses } from './processes.ts'
import { postQuery } from './query.ts'
import { CHANGES, getPreview, getShare, NAMED_CHANGES } from './share.ts'
import { getMostUsed, getStats } from './stats.ts'
import { getHealth, getIdentity, getStatus } from './status.ts'
import { getPublished, getSummaries } from './summaries.ts'
import {
  createSessionCode,
  createToken,
  endSession,
  endSessions,
  getSessions,
  getTokens,
  openSession,
  revokeToken,
} from './tokens.ts'

export const OPERATIONS: readonly Operation[] = [
  getHealth,
  getStatus,
  getIdentity,
  getDoctor,
  getEvents,
  getHistory,
  getRankedCommands,
  deleteHistory,
  exportHistory,
  importHistory,
  beginImport,
  importEntries,
  finishImport,
  getImports,
  undoImport,
  getStats,
  getMostUsed,
  getAnomalies,
  muteAnomalies,
  unmuteAnomalies,
  seeAnomalies,
  getProcesses,
  getPeers,
  explainPeer,
  trustPeer,
  ...Object.values(DECISIONS),
  postQuery,
  getShare,
  getPreview,
  ...Object.values(NAMED_CHANGES),
  ...Object.values(CHANGES),
  getPublished,
  getSummaries,
  getAuditLog,
  whoAsked,
  verifyAudit,
  exportAudit,
  noteRead,
  getTokens,
  createToken,
  revokeToken,
  openSession,
  endSession,
  getSessions,
  endSessions,
  createSessionCode,
  makeBackup,
  confirmBackup,
  getLogs,
  getProblems,
  getMetrics,
  getMetricsPlainly,
  getOpenApi,
]
