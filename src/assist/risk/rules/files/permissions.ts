// Rules about permissions, ownership and accounts.

import type { Options } from '../../line/options.ts'
import { resolvePath } from '../../line/paths.ts'
import type { Arg, SimpleCommand } from '../../model.ts'
import { byTool, say } from '../rewrite.ts'
import { inPlace, inPlaceIfEmpty, matching, only, type Rule, tools } from '../rule.ts'
import { isRecursive } from '../targets.ts'

const CHANGERS = tools('chmod chown chgrp setfacl chattr')
const OPEN_TO_ALL =
  /^(?:0?[0-7]?77[67]|0?[0-7]?[0-7][0-7][2367]|(?:a|o|ugo|uo|go|augo)?\+(?:r?w|rwx?X?|w.*)|(?:a|o|ugo|go)=r?wx?)$/
const WHOLLY_OPEN = /^(?:0?[0-7]?777|(?:a|ugo)?[+=]rwxX?|a[+=]rwx)$/

/** The mode of chmod or the owner of chown, and the files behind it. */
function split(o: Options): { readonly mode: Arg | undefined; readonly files: readonly Arg[] } {
  return { mode: o.operands[0], files: o.operands.slice(1) }
}

function filesOf(c: SimpleCommand, o: Options): readonly Arg[] {
  return c.name === 'setfacl' || o.value('reference') !== undefined ? o.operands : split(o).files
}

/** Whether the word is a pattern for everything below a directory, also one that find makes. */
function isDeep(arg: Arg): boolean {
  return /(?:^|\/)\*\*\//.test(arg.text)
}

export const PERMISSION_RULES: readonly Rule[] = [
  {
    id: 'permissions-system',
    level: 'critical',
    core: true,
    why: 'Changes permissions or owners of the whole system, which may then not start and protects no file.',
    tools: CHANGERS,
    when: (c, o) => {
      const all = c.name === 'chattr' ? c.args : filesOf(c, o)
      const trees = isRecursive(o) ? all : all.filter(isDeep)
      return [...inPlace(c, trees, 'root', 'system'), ...inPlaceIfEmpty(c, trees, 'root')]
    },
    example: 'chmod -R 777 /',
  },
  {
    id: 'open-system',
    level: 'high',
    why: 'Lets every user change a directory that the whole system relies on.',
    tools: tools('chmod'),
    when: (c, o) =>
      only(
        !isRecursive(o) && OPEN_TO_ALL.test(split(o).mode?.text ?? ''),
        inPlace(c, split(o).files, 'root', 'system', 'inside-system', 'home', 'disk', 'keys'),
      ),
    example: 'chmod 777 /',
  },
  {
    id: 'permissions-inside-system',
    level: 'high',
    why: 'Changes permissions or owners of a tree that belongs to the system.',
    tools: CHANGERS,
    when: (c, o) => only(isRecursive(o), inPlace(c, filesOf(c, o), 'inside-system', 'keys', 'home')),
    example: 'chown -R www-data /etc/nginx',
  },
  {
    id: 'owner-here',
    level: 'moderate',
    why: 'Gives everything in this directory another owner; who owned what before is kept nowhere.',
    tools: tools('chown chgrp'),
    when: (c, o) => only(isRecursive(o), inPlace(c, filesOf(c, o), 'working')),
    example: 'chown -R me:me ..',
  },
  {
    id: 'open-to-all-tree',
    level: 'high',
    why: 'Lets every user and program change a whole tree.',
    tools: tools('chmod'),
    when: (_c, o) =>
      only(
        isRecursive(o) && split(o).mode,
        matching(split(o).mode ? [split(o).mode as Arg] : [], WHOLLY_OPEN),
      ),
    safer: { instead: 'u+rwX' },
    example: 'chmod -R 777 .',
  },
  {
    id: 'open-to-all',
    level: 'moderate',
    why: 'Lets every user and program change the file.',
    tools: tools('chmod'),
    when: (_c, o) =>
      only(
        !isRecursive(o) || !WHOLLY_OPEN.test(split(o).mode?.text ?? ''),
        matching(split(o).mode ? [split(o).mode as Arg] : [], OPEN_TO_ALL),
      ),
    safer: { instead: '755' },
    example: 'chmod 777 x',
  },
  {
    id: 'locked-out',
    level: 'high',
    why: 'Takes every permission away from a whole tree.',
    tools: tools('chmod'),
    when: (_c, o) => only(isRecursive(o), matching(o.operands.slice(0, 1), /^(?:0+|a-rwx|ugo-rwx)$/)),
    safer: { instead: 'go-rwx' },
    example: 'chmod -R 000 dir',
  },
  {
    id: 'setuid',
    level: 'high',
    why: 'Gives everybody who starts the file the rights of its owner.',
    tools: tools('chmod setcap install'),
    when: (c, o) =>
      c.name === 'install'
        ? [o.value('m', 'mode')]
            .filter((arg) => arg !== undefined && /^(?:0?[4-7][0-7]{3}|[ugoa]*\+[rwx]*s)$/.test(arg.text))
            .filter((arg) => arg !== undefined)
        : c.name === 'setcap'
          ? matching(o.operands, /cap_(?:setuid|sys_admin|dac_override|sys_ptrace|sys_module)/)
          : matching(o.operands.slice(0, 1), /^(?:0?[4-7][0-7]{3}|(?!g\+)[ugoa]*\+[rwx]*s)$/),
    example: 'chmod u+s /bin/bash',
  },
  {
    id: 'setgid',
    level: 'moderate',
    why: 'Gives everybody who starts the file the rights of its group; in a directory, new files get that group.',
    tools: tools('chmod'),
    when: (_c, o) => matching(o.operands.slice(0, 1), /^(?:0?[23][0-7]{3}|g[+=][rwx]*s)$/),
    example: 'chmod g+s tool',
  },
  {
    id: 'expose-key',
    level: 'high',
    why: 'Lets other users read a private key.',
    tools: tools('chmod'),
    when: (_c, o) =>
      only(
        /^(?:0?[0-7]?[0-7]?[4-7][0-7]|0?[0-7]{2}[4-7]|(?:a|o|g|go)?\+r.*)$/.test(o.operands[0]?.text ?? ''),
        matching(
          o.operands.slice(1),
          /(?:^|\/)(?:id_(?:rsa|ed25519|ecdsa|dsa)|identity\.key|\.netrc|\.pgpass)$/,
        ),
      ),
    example: 'chmod 644 ~/.ssh/id_rsa',
  },
  {
    id: 'permissions-taken',
    level: 'high',
    why: 'Takes away the system’s right to read or run its own files.',
    tools: tools('chmod'),
    when: (c, o) =>
      only(
        !isRecursive(o) &&
          c.args.some((arg) => /^(?:[augo]*-[rwxst]+|0{1,4}|[0-3]00|[augo]+=)$/.test(arg.text)),
        inPlace(c, o.operands, 'root', 'system', 'inside-system').filter((arg) =>
          /^\/(?:s?bin|usr|lib|etc\/?$|boot|$)/.test(resolvePath(arg.text, c.scope)),
        ),
      ),
    example: 'chmod -x /bin/chmod',
  },
  {
    id: 'owner-system',
    level: 'high',
    why: 'Gives a user a file that the whole system relies on.',
    tools: tools('chown chgrp setfacl'),
    when: (c, o) =>
      only(
        !isRecursive(o) &&
          (c.name !== 'setfacl' || o.flag('m', 'modify', 'x')) &&
          !/^(?:root|0)?(?::(?:root|0)?)?$/.test(o.operands[0]?.text ?? ''),
        [
          ...inPlace(c, filesOf(c, o), 'root', 'system'),
          ...filesOf(c, o).filter((arg) =>
            /^\/(?:etc\/(?:passwd|g?shadow|sudoers.*|group|hosts|crontab|fstab|pam\.d\/.*|ssh\/.*|cron\.\w+\/.*|systemd\/.*)|(?:usr\/)?s?bin\/.*|boot\/.*)$/.test(
              resolvePath(arg.text, c.scope),
            ),
          ),
        ],
      ),
    example: 'chown me /etc/passwd',
  },
  {
    id: 'immutable',
    level: 'moderate',
    why: 'Makes files unchangeable, or changeable again, even for root.',
    tools: tools('chattr chflags'),
    when: (c, o) =>
      only(
        !isRecursive(o),
        c.args.filter((arg) => /^[+-][a-zA-Z]*[ia]|^(?:no)?[su]chg$/.test(arg.text)),
      ),
    example: 'chattr +i /etc/passwd',
  },
  {
    id: 'open-socket',
    level: 'high',
    why: 'Lets every user command Docker, which gives root rights on this machine.',
    tools: tools('chmod chown'),
    when: (c, o) =>
      only(
        c.name === 'chmod' ? OPEN_TO_ALL.test(split(o).mode?.text ?? '') : false,
        matching(split(o).files, /\/(?:docker|containerd|podman|libvirt-sock)(?:\.sock)?$/),
      ),
    safer: byTool({ chmod: (_c, o) => say('chmod', '660', ...o.operands.slice(1)) }),
    example: 'chmod 666 /var/run/docker.sock',
  },
]
