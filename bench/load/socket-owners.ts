import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * Finds which of these processes holds the other end of each of our loopback connections, given our ports. Both ends
 * are on this machine, so the kernel's table of sockets names the inode, and the process has it among its descriptors.
 */
export function ownersOfPeers(localPorts: readonly number[], pids: readonly number[]): readonly (number | undefined)[] {
  const inodes = inodesByRemotePort(readFileSync('/proc/net/tcp', 'utf8'))
  const owners = ownersByInode(pids)
  return localPorts.map(port => owners.get(inodes.get(port) ?? ''))
}

/** From the text of `/proc/net/tcp`: the inode of each socket by the port of its peer. Our own ends are there too. */
export function inodesByRemotePort(table: string): ReadonlyMap<number, string> {
  const rows = table.split('\n').slice(1)
  return new Map(
    rows.flatMap(row => {
      const [, , remote = '', , , , , , , inode = ''] = row.trim().split(/\s+/)
      const port = Number.parseInt(remote.slice(remote.indexOf(':') + 1), 16)
      return inode === '' || inode === '0' ? [] : [[port, inode] as const]
    }),
  )
}

function ownersByInode(pids: readonly number[]): ReadonlyMap<string, number> {
  const owners = new Map<string, number>()
  for (const pid of pids) {
    for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(targetOf(`/proc/${pid}/fd/${descriptor}`))?.[1]
      if (inode !== undefined) owners.set(inode, pid)
    }
  }
  return owners
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return '' // closed meanwhile
  }
}
