// Rules about many tools that have one dangerous verb each: a table from the tool to a pattern of its words.

import type { Options } from '../line/options.ts'
import type { SimpleCommand } from '../model.ts'
import type { Rule } from './rule.ts'

/** For each tool, a pattern for its words, options included, joined by blanks. */
type Table = Readonly<Record<string, RegExp>>

const HARMLESS = /(?:^|\s)(?:--help|-h|--dry-run|-n|--version|help)(?:\s|=|$)/

function fits(table: Table): (c: SimpleCommand, o: Options) => boolean {
  return (c) => {
    const words = c.args.map((arg) => arg.text).join(' ')
    return table[c.name]?.test(words) === true && !HARMLESS.test(words)
  }
}

const DESTROYS: Table = {
  dokku: /\b(?:apps|[a-z]+):destroy\b/,
  helmfile: /\b(?:destroy|delete)\b/,
  lando: /^destroy\b/,
  ceph: /\bosd (?:pool (?:delete|rm)|purge|destroy|lost)\b|\bfs rm\b/,
  rbd: /^(?:rm|remove|snap purge|pool init)\b/,
  gluster: /\bvolume (?:delete|reset)\b/,
  'lxc-destroy': /\S/,
  ndctl: /^destroy-/,
  homectl: /^remove\b/,
  quickemu: /--delete-(?:vm|disk)\b/,
  dotnet: /^ef database drop\b/,
  'sqlite-utils': /^drop-table\b/,
  pg_recvlogical: /--drop-slot\b/,
  'neo4j-admin': /\bdatabase (?:load|delete|unbind)\b.*--overwrite-destination=true|--force/,
  influxd: /\brestore\b.*--full/,
  borg: /^(?:-\S+ )*(?:delete|recreate|repo-delete|compact|undelete|break-lock|key change)\b/,
  hub: /^delete\b/,
  restic:
    /^forget\b(?!.*--keep)|^forget\b.*--(?:prune|unsafe)|^(?:prune|key remove|unlock --remove-all|cache --cleanup)\b/,
  'gitlab-rake': /\bbackup:restore\b|:(?:drop|reset|purge)\b/,
  deck: /^(?:gateway )?(?:sync|reset)\b/,
  kopia: /^(?:snapshot|repository|policy) (?:delete|expire)\b/,
  'kafka-acls': /--remove\b/,
  'kafka-acls.sh': /--remove\b/,
  nats: /^(?:stream|kv|object|consumer) (?:rm|purge|del)\b/,
  glab: /^(?:repo|project) delete\b/,
  doppler: /^(?:projects|configs|environments) delete\b/,
  skopeo: /^delete\b/,
  crane: /^delete\b/,
  gcrane: /^delete\b/,
  virsh: /^(?:pool-destroy|pool-undefine|net-undefine|snapshot-delete)\b/,
  juju: /^(?:destroy|remove|kill)-(?:model|controller|application|unit|machine)\b/,
  stratis: /\b(?:filesystem|fs|pool) destroy\b/,
  maas: /\b(?:machine|machines) (?:delete|release)\b/,
  cf: /^delete(?:-\w+)*\b/,
  sentry: /\bcleanup\b/,
  'redis-cluster': /\breset\b/,
  kaggle: /^(?:d|datasets|m|models) delete\b/,
  zookeepercli: /-c (?:delete|deleter)\b/,
  'zkCli.sh': /\b(?:deleteall|rmr)\b/,
  'kafka-consumer-groups': /--(?:delete|reset-offsets)\b/,
  'kafka-consumer-groups.sh': /--(?:delete|reset-offsets)\b/,
  splunk: /^(?:clean|remove|offline|resync)\b/,
  railway: /^(?:down|delete)\b/,
  'kafka-configs': /--delete-config\b/,
  'kafka-configs.sh': /--delete-config\b/,
  nodetool: /^(?:decommission|removenode|assassinate)\b/,
  'elasticsearch-node': /\b(?:unsafe-bootstrap|detach-cluster|repurpose)\b/,
}

const RESETS: Table = {
  ykman: /\b(?:fido|oath|openpgp|piv|config) reset\b/,
  'gpg-card': /\bfactory-reset\b/,
  talosctl: /^reset\b/,
  'steamos-factory-reset': /^/,
  'st-flash': /\berase\b/,
  fastboot: /^(?:erase|format|flash|oem unlock|flashing (?:un)?lock)\b|(?:^| )-w\b/,
  heimdall: /^flash\b/,
  'systemd-cryptenroll': /--wipe-slot\b/,
  'systemd-firstboot': /--reset\b/,
  tpm2_clear: /^/,
  tpm2: /^clear\b/,
  sedutil: /--(?:revert|PSIDrevert|yesIreallywantto)/i,
  'sedutil-cli': /--(?:revert|PSIDrevert|yesIreallywantto)/i,
  mokutil: /--(?:reset|delete|disable-validation)\b/,
  storcli: /\b(?:delete|clear|erase)\b/i,
  megacli: /-(?:CfgClr|CfgLdDel|AdpFacDefSet)/i,
  avrdude: /(?:^| )-e\b|-U (?:flash|lfuse|hfuse|efuse|lock):w/,
  esptool: /\berase_flash\b/,
  'esptool.py': /\berase_flash\b/,
  dfu_util: /\b-D\b/,
}

const DISCARDS: Table = {
  hg: /^(?:update -C|up -C|update --clean|purge|strip|revert (?:-a|--all)|histedit)\b/,
  svn: /^(?:revert -R|delete \S+:\/\/|rm \S+:\/\/|cleanup --remove-unversioned)/,
  jj: /^(?:abandon|restore|op restore)\b/,
  fossil: /^(?:purge|shun|revert)\b/,
  restic: /^forget\b|^rewrite\b.*--forget/,
  borg: /^prune\b/,
  restore: /^-?[a-zA-Z]*[rx]/,
  duplicity: /\bremove-(?:older-than|all-but-n-full)\b.*--force\b/,
  snapper: /\bdelete\b/,
  timeshift: /--delete(?:-all)?\b/,
  clamscan: /--remove(?:=yes|\b(?!=no))/,
  clamdscan: /--remove\b/,
  dvc: /^(?:destroy|gc)\b/,
  gh: /^(?:release|secret|variable|cache|cs|codespace|run|issue|gist) (?:delete|remove)\b|^run cancel\b/,
  adb: /^(?:reboot|uninstall|shell pm clear)\b/,
  virsh: /^(?:destroy|reset)\b/,
  VBoxManage: /^controlvm \S+ (?:poweroff|reset)\b/,
  'nix-collect-garbage': /(?:^| )(?:-d|--delete-old)\b/,
  'grub-reboot': /\S/,
  'aa-remove-unknown': /^$/,
  nix: /^(?:profile wipe-history|store delete)\b/,
  faillock: /--reset\b/,
  conda: /^(?:env remove|remove\b.*--all)\b/,
  pm2: /^(?:delete|kill|stop) ?(?:all)?$/,
  supervisorctl: /^(?:stop|shutdown)(?: all)?$/,
  docker: /^(?:network|secret|config|context|plugin|manifest|buildx) (?:rm|remove)\b|^trust revoke\b/,
  kubectl: /^config delete-(?:cluster|context|user)\b/,
  npm: /^(?:owner|team|org|dist-tag) rm\b|^access revoke\b|^profile disable-2fa\b|^run \S{0,80}(?:db|data|migrat|prisma)\S{0,80}:(?:reset|drop|wipe|fresh|purge|destroy|nuke)\b/,
  pnpm: /^(?:run )?\S{0,80}(?:db|data|migrat|prisma)\S{0,80}:(?:reset|drop|wipe|fresh|purge|destroy|nuke)\b/,
  yarn: /^(?:run )?\S{0,80}(?:db|data|migrat|prisma)\S{0,80}:(?:reset|drop|wipe|fresh|purge|destroy|nuke)\b/,
  tar: /(?:^| )--delete\b/,
  nginx: /-s (?:quit|stop)\b/,
  haproxy: /(?:^| )-(?:sf|st) /,
  apachectl: /\bstop\b/,
  caddy: /^stop\b/,
  nsupdate: /^/,
  'ssh-add': /^-[dDxX]/,
  blockdev: /--(?:setro|setrw|setra|flushbufs|rereadpt|setbsz)\b/,
  partprobe: /\S/,
  cryptsetup: /^luks(?:RemoveKey|KillSlot|AddKey|ChangeKey)\b|^(?:resize|close)\b/,
  setfacl: /--restore\b|^-[a-zA-Z]*[bk]/,
  resize2fs: /\/dev\//,
}

export const TOOL_RULES: readonly Rule[] = [
  {
    id: 'tool-destroys',
    level: 'high',
    why: 'Destroys data that this tool keeps, for good.',
    tools: Object.keys(DESTROYS),
    when: fits(DESTROYS),
    example: 'dokku apps:destroy app',
  },
  {
    id: 'device-reset',
    level: 'high',
    why: 'Erases a device, its keys or its firmware.',
    tools: Object.keys(RESETS),
    when: fits(RESETS),
    example: 'ykman piv reset',
  },
  {
    id: 'tool-discards',
    level: 'moderate',
    why: 'Discards work, backups or settings that this tool keeps.',
    tools: Object.keys(DISCARDS),
    when: fits(DISCARDS),
    example: 'hg update -C',
  },
]
