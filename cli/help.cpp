#include "cli/help.h"

namespace weft::cli {

const CommandHelp root_help{"weft", "Policies for east-west traffic: proved before they run, enforced by the kernel.",
                            "weft check examples/online-boutique              prove what the policy claims\n"
                            "weft query examples/online-boutique 'default/frontend -> default/cartservice : tcp/7070'\n"
                            "weft build examples/online-boutique -o bundle    compile it\n"
                            "sudo weft load bundle                            enforce it"};

const CommandHelp check_help{
    "check",
    "Prove what a policy claims.\n"
    "Reads the policy, proves or refutes every `never` and `always` with a witness, and finds rules that contradict "
    "each\n"
    "other, that never decide, or that could go; with an inventory, also what is odd about the two together. Writes "
    "no\n"
    "files but with --fix.",
    "weft check examples/online-boutique                       the directory's policy and inventory\n"
    "weft check shop.weft pci.weft --inventory cluster.yaml\n"
    "weft check - < shop.weft                                  from standard input\n"
    "weft check shop.weft --format json                        findings and witnesses for programs\n"
    "weft check shop.weft --format sarif > weft.sarif          for code scanning; also: github, gitlab, junit\n"
    "weft check shop.weft --fix                                correct what has one correction"};

const CommandHelp build_help{"build",
                             "Compile a policy for an inventory into a bundle that `weft load` takes.\n"
                             "Checks first: a refuted or undecided claim stops the build. The same inputs give the "
                             "same bytes, and the output is\n"
                             "either the whole new bundle or what was there before.",
                             "weft build examples/online-boutique -o bundle\n"
                             "weft build shop.weft --inventory cluster.yaml -o bundle\n"
                             "weft build examples/online-boutique --emit plan           the decision tables as text"};

const CommandHelp query_help{
    "query",
    "Say whether a flow is allowed, and by which rule.\n"
    "An end of a flow is a workload or node of the inventory, an address, or an imagined workload by its labels. An "
    "end\n"
    "with several addresses is judged for each.",
    "weft query examples/online-boutique 'default/frontend -> default/cartservice : tcp/7070'\n"
    "weft query shop.weft --inventory cluster.yaml '8.8.8.8 -> shop/web-1 : icmp/8/0'\n"
    "weft query examples/online-boutique '{app: \"frontend\"} -> default/cartservice : tcp/7070' --exit-code\n"
    "weft query shop.weft --inventory cluster.yaml --batch flows.ndjson > verdicts.ndjson"};

const CommandHelp reach_help{
    "reach",
    "Show who may reach whom in an inventory.\n"
    "Peers that reach the same and are reached by the same stand together. With --transitive, whoever is reached goes "
    "on\n"
    "from there: where somebody who breaks in may end up.",
    "weft reach examples/online-boutique                                      everybody\n"
    "weft reach examples/online-boutique --from checkout                      a group, a workload, an address, labels\n"
    "weft reach shop.weft --inventory cluster.yaml --to 'app == \"db\"' --service tcp/5432\n"
    "weft reach examples/online-boutique --from world --transitive            what chains of connections lead to\n"
    "weft reach examples/online-boutique --blast-radius                       whose loss would cost most\n"
    "weft reach examples/online-boutique --by ns --format html > reach.html   also: svg, dot, md, csv, json"};

const CommandHelp graph_help{
    "graph",
    "Draw who may talk to whom in an inventory.\n"
    "Boxes are peers that behave alike, arrows what is allowed. With --against, arrows that an older policy lacked or "
    "had\n"
    "are coloured. The html page has the graph, a matrix, a table and a search, and needs nothing but itself.",
    "weft graph examples/online-boutique --format html > graph.html   also: svg, dot, mermaid, json, text\n"
    "weft graph examples/online-boutique --focus cart --depth 2\n"
    "weft graph shop.weft --inventory cluster.yaml --against HEAD~1 --format mermaid\n"
    "weft graph examples/online-boutique --by app --service tcp/7070 --format dot | dot -Tpng > graph.png"};

const CommandHelp test_help{
    "test",
    "Run the tests of a policy.\n"
    "Each expectation of its `test` blocks is asked of every workload it speaks of that the policy could treat\n"
    "differently, for every service it names. A failure shows who decided, tier by tier.",
    "weft test                                                 the project around the working directory\n"
    "weft test shop.weft --inventory cluster.yaml\n"
    "weft test --filter payments --coverage\n"
    "weft test --watch                                         again whenever a file changes\n"
    "weft test --format junit > report.xml                     also: tap, json, sarif, github, gitlab"};

const CommandHelp diff_help{
    "diff",
    "Show what a new policy gains and loses against an old one.\n"
    "Proves over all flows there could be whether more is allowed than before, or less, and shows an example for "
    "every\n"
    "pair of statements that disagree. With an inventory, also which of its workloads gain or lose what. OLD alone is\n"
    "compared with the working tree.",
    "weft diff old.weft new.weft\n"
    "weft diff HEAD~1                                          the project, against the commit before\n"
    "weft diff main -- policies/                               one directory of it\n"
    "weft diff v1.2:shop.weft shop.weft --inventory cluster.yaml\n"
    "weft diff origin/main --fail-on widened                   for CI: exits with 1 if anything more is allowed\n"
    "weft diff origin/main --format md > comment.md            for a comment on a pull request"};

const CommandHelp labels_help{
    "labels",
    "Show which labels the policy looks at, and what each costs.\n"
    "Two workloads with the same labels, as far as any rule can tell, are one identity. Labels "
    "that no rule looks at\n"
    "make no identities, however many values they have.",
    "weft labels examples/online-boutique\n"
    "weft labels shop.weft --inventory cluster.yaml --format json"};

const CommandHelp profile_help{
    "profile",
    "Show what holds where no rule speaks.\n"
    "A profile is the set of defaults a policy lives under: `profile k8s` in a policy, or in "
    "its `weft.toml`.",
    "weft profile                 all of them; the one of this project is marked\n"
    "weft profile k8s\n"
    "weft profile k8s --format json"};

const CommandHelp fmt_help{
    "fmt",
    "Give policy text its one layout.\n"
    "Only spaces, line breaks and alignment change: every word and comment stays, so the meaning does. Without PATH, "
    "the\n"
    "files of the project are rewritten, or, where there is no `weft.toml`, those of this directory and below.",
    "weft fmt --write                         rewrites the project's files\n"
    "weft fmt --check                         for CI: lists those that would change, and exits with 1\n"
    "weft fmt --diff shop.weft                what would change\n"
    "weft fmt shop.weft                       the formatted text, on standard output\n"
    "weft fmt --write shop.weft policies/\n"
    "weft fmt - < shop.weft                   for editors"};

const CommandHelp load_help{"load",
                            "Put a bundle into the kernel and attach it to the interfaces of its workloads and nodes.\n"
                            "Acts on the current network namespace and on those that the inventory names. Replaces a "
                            "loaded bundle at one\n"
                            "moment everywhere; where only addresses differ, the loaded program is kept and told of "
                            "them. On any error\n"
                            "everything is as it was before.",
                            "sudo weft load bundle\n"
                            "sudo weft load bundle --map shop/web-1=veth3 --map shop/db-0=netns:blue:veth4\n"
                            "sudo weft load bundle --only shop/web-1\n"
                            "sudo weft load bundle --hook clsact               though the kernel has tcx"};

const CommandHelp unload_help{
    "unload",
    "Detach everything of weft in this network namespace, and what its load attached in others.\n"
    "Filters of others stay. Unloading twice is the same as once.",
    "sudo weft unload"};

const CommandHelp status_help{"status",
                              "Show what is loaded, where it is attached, and how often each rule decided.\n"
                              "Exits with 1 where the kernel is not as `weft load` left it, or where rules that "
                              "expire no longer do so in time.",
                              "sudo weft status\n"
                              "sudo weft status --verify out/shop       is it, entry by entry, what was built?\n"
                              "sudo weft status --pairs                 who spoke with whom, and how much\n"
                              "sudo weft status --format json"};

const CommandHelp monitor_help{
    "monitor",
    "Show packets as they are judged: denied, logged, or judged otherwise without audit.\n"
    "The program tells of a bounded number a second, so that no flood of packets costs the node more than that; how "
    "many\n"
    "were left out is said at the end. An event is read once: of two monitors each sees a part. With `--format json` "
    "every\n"
    "line is an object.",
    "sudo weft monitor\n"
    "sudo weft monitor --verdict deny --workload shop/web-1\n"
    "sudo weft monitor --verdict audited --for 60              what would change without `audit`\n"
    "sudo weft monitor --rule shop --count 10 --format json"};

const CommandHelp doctor_help{"doctor",
                              "Say what this kernel and this user can do for weft.\n"
                              "Needs no privilege and changes nothing.",
                              "weft doctor\n"
                              "sudo weft doctor --format json"};

const CommandHelp lsp_help{"lsp",
                           "Serve an editor: the Language Server Protocol on standard input and output.\n"
                           "Editors start it themselves; docs/editors.md says how to make them.",
                           "weft lsp"};

const CommandHelp explain_help{
    "explain",
    "Say why a flow is allowed or denied, or what a code means.\n"
    "Of a flow: what each gate asked, tier by tier, who answered, which rules were near, and "
    "the smallest change that\n"
    "would turn it round. Of a code: an example, its correction, and why; without one, all "
    "of them are listed.",
    "weft explain examples/online-boutique 'default/frontend -> default/redis-cart : tcp/6379'\n"
    "weft explain shop.weft --inventory cluster.yaml 'shop/web-1 -> shop/db-0 : tcp/5432'\n"
    "weft explain W1003\n"
    "weft explain"};

const CommandHelp version_help{"version", "Show the versions of weft and of what it is built on.",
                               "weft version\n"
                               "weft version --format json"};

const CommandHelp help_help{"help", "Explain a command, or the exit codes.",
                            "weft help check\n"
                            "weft help exit-codes"};

const std::string_view short_help =
    "weft: policies for east-west traffic, proved before they run, enforced by the kernel\n"
    "\n"
    "  weft check PATH                 prove what a policy claims\n"
    "  weft query PATH 'A -> B : tcp/443'\n"
    "                                  is this flow allowed, and by which rule?\n"
    "  weft test PATH                  run the policy's own tests\n"
    "  weft build PATH -o DIR          compile it into a bundle\n"
    "  weft load DIR                   enforce the bundle in this network namespace\n"
    "  weft status                     what is enforced here\n"
    "\n"
    "PATH is a .weft file or a directory such as examples/online-boutique; below a `weft.toml` none is needed.\n"
    "All commands: weft --help\n";

const std::string_view exit_codes_help =
    "Exit codes of every command:\n"
    "\n"
    "   0  clean: done, nothing to report\n"
    "   1  findings: a claim is refuted or two policies are ambiguous (check, build), a warning under --strict "
    "(check),\n"
    "      the policies differ under --exit-code or --fail-on (diff), an expectation failed (test), a flow is denied "
    "under --exit-code (query), a file would change under --check "
    "(fmt),\n"
    "      the kernel is not as it was left (status)\n"
    "   2  usage, input or environment: the command line, a file, its text, the kernel or a permission is at fault\n"
    "   3  undecided: a claim is neither proved nor refuted (check, build, diff), or cannot be told without privilege "
    "(doctor)\n"
    "  70  internal error: a fault of weft's own\n"
    "\n"
    "Where several apply, the first of 70, 2, 1, 3 is given.\n";

}  // namespace weft::cli
