import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary-directory.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/** A completion script, and the program that it is for. */
export interface Completions {
  program: string;
  script: string;
}

/** Why a test of a shell cannot run here, if it cannot. */
export function shellMissing(shell: Shell): string | false {
  return spawnSync(shell, ['--version']).error === undefined ? false : `there is no ${shell}`;
}

/** What a shell offers for the last of these words behind the program, sorted; a file may be offered without its folder. */
export async function offered(
  shell: Shell,
  completions: Completions,
  words: readonly string[],
): Promise<string[]> {
  return linesOf(await ask[shell](completions, words)).sort();
}

/** The same of a zsh that finds the script in its path of functions, as those of packages are. */
export async function offeredByInstalled(
  { program, script }: Completions,
  words: readonly string[],
): Promise<string[]> {
  const answer = await askZsh(commandLine(program, words), (directory) => {
    const FUNCTIONS = join(directory, 'functions');
    mkdirSync(FUNCTIONS);
    writeFileSync(join(FUNCTIONS, `_${program}`), script);
    return { FUNCTIONS };
  });
  return linesOf(answer);
}

type Ask = (completions: Completions, words: readonly string[]) => string | Promise<string>;

const ask: Readonly<Record<Shell, Ask>> = {
  bash({ program, script }, words) {
    const line = [program, ...words].map((word) => `'${word}'`).join(' ');
    const run = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; $(complete -p ${program} | sed 's/.*-F \\([^ ]*\\).*/\\1/')`;
    const print = `printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-euc', `${script}\n${run}; ${print}`], { encoding: 'utf8' });
  },
  zsh({ program, script }, words) {
    return askZsh(commandLine(program, words), (directory) => {
      const COMPLETIONS = join(directory, 'completions');
      writeFileSync(COMPLETIONS, script);
      return { COMPLETIONS };
    });
  },
  fish({ program, script }, words) {
    const run = `complete -C '${commandLine(program, words)}' | string split --fields 1 \\t`;
    // It ends with 1 where nothing is offered.
    return execFileSync('fish', ['--no-config', '-c', `${script}\n${run}; or true`], { encoding: 'utf8' });
  },
};

/** It completes only at a terminal: script(1) is one. */
async function askZsh(
  LINE: string,
  install: (directory: string) => Readonly<Record<string, string>>,
): Promise<string> {
  const directory = temporaryDirectory('port-ticker-zsh-');
  try {
    copyFileSync(join(import.meta.dirname, 'completions.zsh'), join(directory.path, '.zshrc'));
    const OFFERED = join(directory.path, 'offered');
    const env = {
      ...{ PATH: process.env['PATH'], HOME: directory.path, ZDOTDIR: directory.path, TERM: 'xterm' },
      ...{ LINE, OFFERED, ...install(directory.path) },
    };
    execFileSync('script', ['--quiet', '--return', '--command', 'zsh -d -i', '/dev/null'], {
      env,
      timeout: 20_000,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return existsSync(OFFERED) ? readFileSync(OFFERED, 'utf8') : '';
  } finally {
    await directory.remove();
  }
}

function commandLine(program: string, words: readonly string[]): string {
  return [program, ...words].join(' ');
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
