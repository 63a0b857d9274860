// The public dictionary of tools: the only names of what people run that may leave level 0.

export const CATEGORIES = [
  'git',
  'docker',
  'kubernetes',
  'npm',
  'cargo',
  'file_ops',
  'network',
  'system',
  'editor',
  'other',
] as const
export type Category = (typeof CATEGORIES)[number]

/** Everything that is not in the dictionary counts as this, so that no name of one's own is ever told. */
export const OTHER: ToolUsed = { tool: 'other', category: 'other' }

export interface ToolUsed {
  readonly tool: string
  readonly category: Category
}

// Names are lower case, at most 32 characters, and with `other` at most 512: what one answer over the mesh can carry.
const TOOLS: Readonly<Record<Category, string>> = {
  git: 'git gh glab hub git-lfs svn hg jj pre-commit',
  docker: 'docker docker-compose podman buildah skopeo nerdctl ctr crictl runc',
  kubernetes: 'kubectl helm k9s minikube kind k3s kustomize oc istioctl argocd flux',
  npm: 'npm npx yarn pnpm bun node deno tsc tsx vite webpack esbuild jest vitest eslint prettier nvm turbo nx next playwright',
  cargo: 'cargo rustc rustup rustfmt rust-analyzer',
  file_ops:
    'ls cd pwd cp mv rm mkdir rmdir touch ln cat less more head tail find fd locate tree du df stat file chmod chown chgrp umask grep rg ag sed awk gawk sort uniq cut paste tr wc tee xargs diff cmp tar gzip gunzip zcat xz zip unzip 7z rsync truncate dd install basename dirname realpath readlink md5sum sha1sum sha256sum base64 xxd jq yq fzf bat eza rclone',
  network:
    'ssh scp sftp curl wget ping traceroute mtr dig nslookup whois nc netcat socat nmap tcpdump wireshark ip ifconfig route ss netstat nmcli iptables nft firewall-cmd ethtool telnet http openssl ssh-keygen ssh-copy-id ssh-add mosh wg openvpn iperf3 sshfs',
  system:
    'sudo su doas systemctl journalctl service ps top htop kill killall pkill nice nohup time timeout watch free vmstat iostat uptime uname hostname date whoami id useradd userdel passwd crontab dmesg lsblk lsmod modprobe mount umount fdisk mkfs fsck lvm smartctl reboot shutdown apt apt-get apt-cache dpkg dnf yum pacman brew flatpak nix nix-shell env printenv export unset set alias source exit logout history type which whereis command help man echo printf read test true false sleep clear reset tmux zellij jobs fg bg wait trap exec eval bash sh zsh fish dash pwsh strace lsof fuser perf gdb lldb valgrind ldd nproc sysctl chroot unshare bwrap systemd-analyze karo local return gpg pass age sops vault',
  editor: 'vim vi nvim nano emacs emacsclient micro helix hx code codium cursor zed idea',
  other:
    'make cmake ninja meson bazel gcc g++ clang clang++ ld objdump go gofmt python python3 pip pipx uv conda pytest tox ruff black mypy jupyter pyenv ruby gem bundle rake rails php composer perl java javac jar mvn gradle gradlew kotlin scala sbt dotnet swift elixir julia r rscript zig flutter sqlite3 psql pg_dump pg_restore mysql mysqldump mariadb mongosh redis-cli terraform ansible ansible-playbook packer vagrant pulumi aws gcloud ffmpeg convert pandoc dot qemu-system-x86_64 qemu-img virsh just task claude codex ollama shellcheck shfmt hyperfine protoc buf ctags',
}

/** Other spellings of names above. */
const ALIASES: Readonly<Record<string, string>> = {
  egrep: 'grep',
  fgrep: 'grep',
  python2: 'python',
  view: 'vim',
  vimdiff: 'vim',
  '.': 'source',
  '[': 'test',
  '[[': 'test',
  ':': 'true',
  nodejs: 'node',
  gmake: 'make',
  gsed: 'sed',
  mawk: 'awk',
  batcat: 'bat',
  fdfind: 'fd',
  exa: 'eza',
  ll: 'ls',
  la: 'ls',
  l: 'ls',
  k: 'kubectl',
  g: 'git',
  bsdtar: 'tar',
  '7za': '7z',
  'mkfs.ext4': 'mkfs',
  'mkfs.xfs': 'mkfs',
  'fsck.ext4': 'fsck',
}

const DICTIONARY: ReadonlyMap<string, ToolUsed> = new Map(
  CATEGORIES.flatMap((category) =>
    TOOLS[category].split(' ').map((tool): [string, ToolUsed] => [tool, { tool, category }]),
  ),
)

/** Every name that can come out of `toolOf`, `other` included. */
export const TOOL_NAMES: ReadonlySet<string> = new Set([...DICTIONARY.keys(), OTHER.tool])

/**
 * The dictionary's entry for a command word without its path: `git`, `Rscript`, `python3.11` and `gcc-12` (versions
 * are left out), `[`. Undefined and unknown words are `other`.
 */
export function toolOf(word: string | undefined): ToolUsed {
  if (word === undefined) return OTHER
  const name = word.toLowerCase()
  return find(name) ?? find(name.replace(/-?\d+(?:\.\d+)*$/, '')) ?? OTHER
}

function find(name: string): ToolUsed | undefined {
  return DICTIONARY.get(Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name)
}
