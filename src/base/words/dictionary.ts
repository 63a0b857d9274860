// The public dictionary of tools. No other name of a command may leave level 0.

/** Ten categories of the first version, and five for tools that would otherwise all be `other`. */
export const CATEGORIES = [
  'git',
  'docker',
  'kubernetes',
  'npm',
  'cargo',
  'python',
  'build',
  'database',
  'cloud',
  'file_ops',
  'network',
  'system',
  'shell',
  'editor',
  'other',
] as const
type Category = (typeof CATEGORIES)[number]

/** Entry for everything outside the dictionary, so that a private name is never told. */
export const OTHER: ToolUsed = { tool: 'other', category: 'other' }

export interface ToolUsed {
  readonly tool: string
  readonly category: Category
}

// Lower-case names of at most 32 characters. An answer carries 512 tools; some room stays for older and newer nodes.
const TOOLS: Readonly<Record<Category, string>> = {
  git: 'git gh glab hub svn hg jj pre-commit tig gitk lazygit git-lfs',
  docker:
    'docker docker-compose podman podman-compose buildah skopeo nerdctl ctr containerd lxc distrobox crictl',
  kubernetes:
    'kubectl helm k9s kubectx minikube kind kustomize stern kubeadm oc argocd helmfile eksctl k3s k3d flux velero',
  npm: 'npm npx yarn pnpm bun node deno tsc vite webpack rollup esbuild jest vitest eslint prettier nvm turbo lerna playwright bunx tsx ts-node nx next',
  cargo: 'cargo rustc rustup rustfmt rust-analyzer wasm-pack',
  python:
    'python python3 pip pipx poetry uv uvx conda mamba pytest tox ruff black mypy pylint jupyter ipython pyenv virtualenv pyright flake8',
  build:
    'make cmake ninja meson bazel gcc g++ clang clang++ cc c++ ld go gofmt javac mvn gradle gradlew sbt dotnet swift xcodebuild cabal stack mix zig just task protoc pkg-config ar nm objdump readelf autoconf automake',
  database:
    'sqlite3 psql pg_dump pg_restore mysql mysqldump mariadb mongosh redis-cli valkey-cli clickhouse-client duckdb createdb sqlcmd',
  cloud:
    'aws gcloud az terraform tofu ansible ansible-playbook ansible-vault packer vagrant pulumi vault sops terragrunt nomad consul',
  file_ops:
    'ls cd pwd cp mv rm mkdir rmdir touch ln cat less more head tail tac find fd locate tree du df stat file chmod chown umask grep rg sed awk sort uniq cut paste tr wc tee xargs diff cmp patch join tar gzip gunzip zcat bzip2 xz zstd zip unzip 7z rsync truncate dd install basename dirname realpath readlink md5sum sha1sum sha256sum sha512sum base64 xxd hexdump strings jq yq fzf bat eza rclone restic chgrp column od rename ncdu mc borg ag',
  network:
    'ssh scp sftp curl wget ping traceroute mtr dig nslookup host whois nc socat nmap tcpdump ip ifconfig route ss netstat nmcli iptables nft ufw telnet ftp http https openssl ssh-keygen ssh-copy-id ssh-add ssh-agent mosh wg openvpn tailscale tshark wireshark iperf3 ethtool firewall-cmd wg-quick arp',
  system:
    'sudo su systemctl journalctl service ps top htop btop kill killall pkill pgrep nohup timeout watch free vmstat uptime uname hostname date cal w whoami id groups useradd userdel usermod passwd crontab at dmesg lsblk lsusb lspci lscpu modprobe mount umount fdisk mkfs lvm reboot shutdown apt apt-get dpkg dnf yum rpm zypper pacman apk brew snap flatpak nix nix-shell strace lsof perf gdb ldd nproc sysctl chroot systemd-run virsh gpg pass karo doas nice renice last getent blkid fsck smartctl hostnamectl timedatectl loginctl ldconfig lsmod nsenter unshare iostat valgrind lldb visudo sudoedit runuser pkexec setcap gpasswd',
  shell:
    'bash sh zsh fish dash pwsh echo printf read test true false sleep time env printenv export unset set alias unalias source exit history type which whereis command help man clear reset tmux screen jobs fg bg wait ulimit exec eval pushd popd seq shellcheck logout expr bc stty tput yes info',
  editor: 'vim vi nvim vimdiff nano emacs emacsclient code codium subl ed zed hx micro kate gedit view',
  other:
    'java jar scala ruby gem bundle rails php composer perl lua elixir julia r rscript ffmpeg convert pandoc claude codex ollama kotlin dart flutter ffprobe',
}

/** Other names under which packages install the same tool, and names with characters that the wire does not allow. */
const SPELLINGS: Readonly<Record<string, string>> = {
  '.': 'source',
  '[': 'test',
  '[[': 'test',
  ':': 'true',
  R: 'r',
  Rscript: 'rscript',
  nodejs: 'node',
  pip3: 'pip',
  python2: 'python',
  gmake: 'make',
  gawk: 'awk',
  mawk: 'awk',
  gsed: 'sed',
  egrep: 'grep',
  fgrep: 'grep',
  batcat: 'bat',
  fdfind: 'fd',
  bsdtar: 'tar',
  ncat: 'nc',
  netcat: 'nc',
  ping6: 'ping',
  ip6tables: 'iptables',
  '7za': '7z',
  '7zz': '7z',
  'mkfs.ext4': 'mkfs',
  'mkfs.xfs': 'mkfs',
  'mkfs.btrfs': 'mkfs',
  'mkfs.vfat': 'mkfs',
}

/**
 * Names with a version, under which tools are installed side by side: `gcc-12`, `php8.3`, `lua5.4`, `go1.24`. Python keeps
 * its major version, because people type `python3`.
 */
const VERSIONED =
  /^(?:(gcc|g\+\+|clang|clang\+\+|lldb)-\d{1,2}|(php|ruby|lua)\d(?:\.\d{1,2})?|(perl|go)\d\.\d{1,2}(?:\.\d{1,2})?|(python2|python3|pip3)\.\d{1,2})$/

/** Directories in which systems and package managers install tools; a program elsewhere is a person's own. */
const PUBLIC_DIRECTORIES: ReadonlySet<string> = new Set([
  '/bin/',
  '/sbin/',
  '/usr/bin/',
  '/usr/sbin/',
  '/usr/local/bin/',
  '/usr/local/sbin/',
  '/snap/bin/',
  '/opt/homebrew/bin/',
])

const DICTIONARY: ReadonlyMap<string, ToolUsed> = new Map(
  CATEGORIES.flatMap((category) =>
    TOOLS[category].split(' ').map((tool): [string, ToolUsed] => [tool, { tool, category }]),
  ),
)

/** Every name that `toolOf` can return, `other` included. */
export const TOOL_NAMES: ReadonlySet<string> = new Set([...DICTIONARY.keys(), OTHER.tool])

/**
 * The dictionary's entry for a command word after quote removal: `git`, `/usr/bin/git`, `[`, `gcc-12` (gcc), `python3.11`
 * (python3). Case matters, as in the shell. A word with any other directory, such as `./git` or `~/bin/deploy`, is a
 * person's own program and so `other`, like unknown words and undefined.
 */
export function toolOf(word: string | undefined): ToolUsed {
  if (word === undefined) return OTHER
  const slash = word.lastIndexOf('/') + 1
  if (slash > 0 && !PUBLIC_DIRECTORIES.has(word.slice(0, slash))) return OTHER
  const name = word.slice(slash)
  return find(name) ?? withoutVersion(name) ?? OTHER
}

function find(name: string): ToolUsed | undefined {
  return DICTIONARY.get(Object.hasOwn(SPELLINGS, name) ? SPELLINGS[name]! : name)
}

function withoutVersion(name: string): ToolUsed | undefined {
  const tool = VERSIONED.exec(name)
    ?.slice(1)
    .find((group) => group !== undefined)
  return tool === undefined ? undefined : find(tool)
}
