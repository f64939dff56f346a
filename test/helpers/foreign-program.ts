import { execFileSync } from 'node:child_process';

const passObject = 'build/bench/pass.bpf.o';

/**
 * Puts a program of another owner into a pinned XDP link, as whoever may open the pin can. `place`: where on a bpf file
 * system that program may be pinned. Returns its id.
 */
export function replaceProgram(link: string, place: string): number {
  execFileSync('bpftool', ['prog', 'load', passObject, place, 'type', 'xdp']);
  execFileSync('python3', ['-c', update, link, place]);
  const shown = execFileSync('bpftool', ['--json', 'prog', 'show', 'pinned', place], { encoding: 'utf8' });
  const { id }: { id: number } = JSON.parse(shown);
  return id;
}

/** bpftool cannot update a link; libbpf, which it is made of, can. */
const update = `
import ctypes, os, sys
libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
link, program = (libbpf.bpf_obj_get(path.encode()) for path in sys.argv[1:3])
if link < 0 or program < 0 or libbpf.bpf_link_update(link, program, None) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
`;
