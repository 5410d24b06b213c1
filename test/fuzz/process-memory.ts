import { readFileSync } from 'node:fs'

const KIBIBYTE = 1024

/** Resident memory of the processes in all, in bytes; one that has gone counts nothing. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentBytesOf(pid), 0)
}

function residentBytesOf(pid: number): number {
  try {
    const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kibibytes) * KIBIBYTE
  } catch {
    return 0 // it has ended, which is for others to notice
  }
}
