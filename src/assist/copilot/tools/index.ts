// Karo's own descriptions of common commands: their purpose, and options that other sources lack or describe wrongly.
import { ACCOUNTS } from './accounts.ts'
import { ARCHIVES } from './archives.ts'
import { BUILTINS } from './builtins.ts'
import { COMPARE } from './compare.ts'
import { DISKS } from './disks.ts'
import { FILE_FACTS } from './file-facts.ts'
import { FILES } from './files.ts'
import { FORMATS } from './formats.ts'
import { MACHINE } from './machine.ts'
import { MEDIA } from './media.ts'
import { NETWORK } from './network.ts'
import type { OwnTool } from './own-tool.ts'
import { PACKAGES } from './packages.ts'
import { PROCESSES } from './processes.ts'
import { PROGRAMS } from './programs.ts'
import { SEARCH } from './search.ts'
import { SERVICES } from './services.ts'
import { TEXT } from './text.ts'

/** Names under which Fig describes BSD's programs; here the manual page is better. */
export const BSD: ReadonlySet<string> = new Set(
  `ls cp mv rm ln mkdir rmdir cat sed grep find xargs sort uniq date du df ps stat touch head tail wc cut tr kill od chmod
  chown uname who w top mount sysctl basename dirname fold nl paste split tee truncate id hostname cal killall pkill nc
  file less more diff lsof traceroute ping whereis which env seq shred time fdisk`.split(/\s+/),
)

export const TOOLS: Readonly<Record<string, OwnTool>> = {
  ...BUILTINS,
  ...FILES,
  ...FILE_FACTS,
  ...SEARCH,
  ...TEXT,
  ...COMPARE,
  ...FORMATS,
  ...ARCHIVES,
  ...PROCESSES,
  ...MACHINE,
  ...DISKS,
  ...SERVICES,
  ...NETWORK,
  ...ACCOUNTS,
  ...PACKAGES,
  ...PROGRAMS,
  ...MEDIA,
}
