import { type OptionEntry, optionTable, type WordEntry, wordTable } from './table.ts';

/** Lines: what is typed, :- what it does. */
export const examples: readonly string[] = [
  'ticker_ctl -d eth0 -S               :- Install program on eth0 SKB mode',
  'ticker_ctl -d eth0 -i 192.168.1.20  :- Add ip 192.168.1.20 to the ignore list',
  'ticker_ctl -d eth0 -I 1             :- Enable ICMP responses',
  'ticker_ctl -d eth0 -t 200           :- Increase tracking threshold',
  "ticker_ctl -d eth0 -l               :- List logged source ip's whos ports have changed > threshold",
  "ticker_ctl --sensor '*' -t own      :- Every sensor back to the threshold of its own settings",
  'ticker_ctl -i @list --sensor edge1  :- Ignore the addresses and prefixes in the file list, one a line',
  "ticker_ctl --sensor '*' -l --watch  :- Follow the report of all sensors",
  'ticker_ctl doctor -d eth0           :- Find out what is wrong on this machine, with Kafka or the sensor',
];

/** What the tables do not say. */
export const notes = `-d alone installs the program. It names the device to install on and remove from; all else is a sensor's, and with
--sensor needs no -d. <src_ip> is an address or prefix, IPv4 or IPv6, or several separated by commas; @FILE reads
them from a file, @- from the standard input. -I, -t, --count-policy and --idle-reset take "own":
what the sensor's own settings say.`;

/** The text of --help, in the original's shape. */
export const helpText = `Usage: ticker_ctl [OPTIONS]
       ticker_ctl [OPTIONS] COMMAND

 Options:

${optionTable.map(optionLine).join('\n')}

 Commands:

${wordTable.map(wordLine).join('\n')}

 Examples:

${examples.map((example) => `    ${example}`).join('\n')}

 ${notes.replaceAll('\n', '\n ')}

 Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no answer in time or Kafka unreachable
`;

function optionLine({ flags, doc }: OptionEntry): string {
  return `  ${flags.padEnd(26)} ${doc}`;
}

function wordLine(entry: WordEntry): string {
  return `  ${synopsis(entry).padEnd(26)} ${entry.doc}`;
}

/** A word with its argument. */
export function synopsis({ word, argument }: WordEntry): string {
  return argument === undefined ? word : `${word} <${argument}>`;
}
