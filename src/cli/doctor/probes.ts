// Which function answers for which check: total, so that a check without one does not compile.
import type { CheckId } from './catalogue.ts'
import { meshCertificate, operatorLogin } from './checks/certificate.ts'
import { configFile, configInForce } from './checks/config.ts'
import {
  daemonHealth,
  daemonLeftovers,
  daemonRunning,
  daemonService,
  daemonVersion,
} from './checks/daemon.ts'
import { trustDomains } from './checks/domains.ts'
import { meshFirewall } from './checks/firewall.ts'
import { forwardTargets } from './checks/forward.ts'
import { shellGuard } from './checks/guard.ts'
import { homeDirectory, homeKey, homeOwner } from './checks/home.ts'
import { meshLists, peersLineage } from './checks/lineage.ts'
import { clockPeers, clockSynchronised, runtimeFiles, runtimeInotify, runtimeNode } from './checks/machine.ts'
import { httpListener, meshAddresses, meshLanOnly, meshMulticast, meshPort } from './checks/mesh.ts'
import { meshNames } from './checks/names.ts'
import { peersLeaves, peersPending, peersTrust, peersTwins, peersVersions } from './checks/peers.ts'
import { peopleHeld } from './checks/people.ts'
import { policyFiles } from './checks/policy.ts'
import { spoolFollowed, spoolShared } from './checks/spool.ts'
import { auditLedger, storeDatabase, storeDisk, storeRetention, summariesFresh } from './checks/store.ts'
import { shellHooks, shellRecorded, spoolDirectory, spoolWaiting } from './checks/terminal.ts'
import { tokensEnds } from './checks/tokens.ts'
import { toolHooks } from './checks/tools.ts'
import { meshTotals } from './checks/totals.ts'
import type { Finding } from './result.ts'
import type { World } from './world.ts'

export type Probe = (world: World) => Promise<Finding | readonly Finding[]>

export const PROBES: Readonly<Record<CheckId, Probe>> = {
  'config.file': configFile,
  'config.in_force': configInForce,
  'policy.files': policyFiles,
  'home.directory': homeDirectory,
  'home.owner': homeOwner,
  'home.key': homeKey,
  'daemon.running': daemonRunning,
  'daemon.leftovers': daemonLeftovers,
  'daemon.health': daemonHealth,
  'daemon.version': daemonVersion,
  'daemon.service': daemonService,
  'http.listener': httpListener,
  'tokens.ends': tokensEnds,
  'runtime.node': runtimeNode,
  'runtime.files': runtimeFiles,
  'runtime.inotify': runtimeInotify,
  'clock.synchronised': clockSynchronised,
  'clock.peers': clockPeers,
  'shell.hooks': shellHooks,
  'shell.guard': shellGuard,
  'shell.recorded': shellRecorded,
  'tools.hooks': toolHooks,
  'spool.directory': spoolDirectory,
  'spool.waiting': spoolWaiting,
  'spool.followed': spoolFollowed,
  'people.held': peopleHeld,
  'spool.shared': spoolShared,
  'store.database': storeDatabase,
  'store.disk': storeDisk,
  'store.retention': storeRetention,
  'audit.ledger': auditLedger,
  'summaries.fresh': summariesFresh,
  'mesh.port': meshPort,
  'mesh.addresses': meshAddresses,
  'mesh.lan_only': meshLanOnly,
  'mesh.names': meshNames,
  'mesh.multicast': meshMulticast,
  'mesh.firewall': meshFirewall,
  'peers.pending': peersPending,
  'peers.trust': peersTrust,
  'peers.domains': trustDomains,
  'peers.leaves': peersLeaves,
  'peers.twins': peersTwins,
  'peers.lineage': peersLineage,
  'mesh.certificate': meshCertificate,
  'mesh.lists': meshLists,
  'forward.targets': forwardTargets,
  'mesh.totals': meshTotals,
  'operator.login': operatorLogin,
  'peers.versions': peersVersions,
}
