#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "driver/session.h"
#include "lsp/atlas.h"
#include "lsp/connection.h"
#include "lsp/errands.h"
#include "lsp/library.h"
#include "lsp/view.h"

namespace weft::lsp {

/// One client and the session it works in. What answers a question about a text stands in files of its own.
class Server {
 public:
  Server(int input, int output);

  /// Until `exit` or the end of the input; the exit code.
  int run();

 private:
  using Request = Json (Server::*)(const Json& params);
  /// Of answers that grow with the text: they are written at once.
  using LongRequest = std::string (Server::*)(const Json& params);
  using Notification = void (Server::*)(const Json& params);

  /// What is to be said of a policy once its time has come.
  struct Announcement {
    std::uint64_t revision = 0;
    Clock::time_point due;
  };
  /// A run of proofs that takes long enough for the client to be told.
  struct Progress {
    std::optional<Clock::time_point> due;  ///< not told yet
    std::string token;                     ///< told
  };

  static const std::map<std::string_view, Request>& requests();
  static const std::map<std::string_view, LongRequest>& long_requests();
  static const std::map<std::string_view, Notification>& notifications();

  // The loop.
  void handle(Connection::Event event);
  void handle_message(const Json& message);
  void answer(const Json& id, const std::string& method, const Json& params);
  void notify(std::string_view method, Json params);
  void ask(std::string_view method, Json params);
  /// For a request: the answer comes when the work is done.
  Json later(Errands::Work work);
  /// Sends what errands have brought home.
  void bring_home();
  std::optional<Clock::time_point> next_time() const;
  void do_what_is_due();

  // Lifecycle.
  Json initialize(const Json& params);
  Json shutdown(const Json& params);
  void initialized(const Json& params);
  void exit(const Json& params);
  void ignore(const Json& params);
  void cancel_request(const Json& params);

  // Texts.
  void did_open(const Json& params);
  void did_change(const Json& params);
  void did_save(const Json& params);
  void did_close(const Json& params);
  void did_change_watched_files(const Json& params);
  void did_change_folders(const Json& params);
  void texts_changed();

  // What is said without being asked.
  void check();
  void publish(driver::Session::Known& known);
  void publish(const std::string& path, const std::string& uri, Json diagnostics);
  void withdraw(const driver::UnitName& name);
  void keep(const std::string& path, const std::string& uri, Json diagnostics);
  void answer_pulls();
  void answer_workspace_pulls();
  void ask_for_pulls();
  bool cancel_pull(const Json& id, std::string_view why);
  void show_progress();

  // Questions.
  Json document_diagnostic(const Json& params);
  Json workspace_diagnostic(const Json& params);
  Json code_action(const Json& params);
  Json formatting(const Json& params);
  Json range_formatting(const Json& params);
  Json hover(const Json& params);
  Json completion(const Json& params);
  Json signature_help(const Json& params);
  Json definition(const Json& params);
  Json references(const Json& params);
  Json document_highlight(const Json& params);
  Json prepare_rename(const Json& params);
  Json rename(const Json& params);
  Json document_link(const Json& params);
  std::string document_symbol(const Json& params);
  Json workspace_symbol(const Json& params);
  Json folding_range(const Json& params);
  Json selection_range(const Json& params);
  std::string semantic_tokens_full(const Json& params);
  std::string semantic_tokens_delta(const Json& params);
  Json semantic_tokens_range(const Json& params);
  Json inlay_hint(const Json& params);
  std::string code_lens(const Json& params);
  Json code_lens_resolve(const Json& params);
  Json prepare_call_hierarchy(const Json& params);
  Json incoming_calls(const Json& params);
  Json outgoing_calls(const Json& params);
  Json calls(const Json& item, model::Direction direction);
  Json execute_command(const Json& params);
  Json compare_with_head(const std::string& path);
  /// Shows what a command has to say, where the client does not do so itself.
  void show_answer(const Json& result);

  /// The text of `params/textDocument/uri` in its policy; throws where nobody has opened it.
  View view(const Json& params);
  View view_of(const std::string& path);
  View view_of_item(const Json& item);
  /// The same as `view` without reading what was typed since, where something was read before: what is declared changes
  /// less often than what is typed.
  View last_view(const Json& params);
  std::uint32_t offset(const View& view, const Json& params) const;
  /// What questions look things up in, made for one meaning when first asked for.
  struct Index {
    std::unique_ptr<Atlas> atlas;
    std::unique_ptr<Names> names;
  };
  const Atlas& atlas(driver::Session::Known& known);
  Names& names(driver::Session::Known& known);

  Connection connection_;
  Library library_;
  Documents documents_;
  Encoding encoding_ = Encoding::Utf16;
  Abilities client_;
  std::optional<int> exit_code_;
  bool initialized_ = false;
  bool shut_down_ = false;
  std::int64_t next_id_ = 0;
  Json answering_;               ///< the id of the request that is being answered
  bool answered_later_ = false;  ///< it is answered when its time has come

  std::optional<Clock::time_point> check_due_;
  std::set<std::string> opened_;  ///< texts whose policies have to be spoken of, changed or not
  Clock::duration check_took_{};
  std::map<driver::UnitName, Announcement> announcements_;
  std::map<driver::UnitName, Index> indexes_;
  std::map<std::string, driver::UnitName> publishers_;  ///< by path: whose diagnostics stand there
  std::map<std::string, std::string> published_;        ///< by path: the URI under which there are some
  /// What is known of a text, for a client that asks for it.
  struct Kept {
    std::string uri;
    Json diagnostics;
    std::string id;    ///< of this list
    std::string told;  ///< of the list the client was given last; empty: none
  };
  struct Pull {
    Json id;
    std::string path;
    std::string previous;  ///< the list the client has
  };
  struct WorkspacePull {
    Json id;
    std::map<std::string, std::string> previous;  ///< by path
  };
  std::map<std::string, Kept> kept_;  ///< by path
  std::vector<Pull> pulls_;           ///< not answered yet
  std::vector<WorkspacePull> workspace_pulls_;
  bool workspace_told_ = false;
  bool refresh_asked_ = false;
  Progress progress_;
  /// What the client has been told last about the words of a text.
  struct Tokens {
    std::string id;
    std::vector<std::uint32_t> data;
  };
  std::map<std::string, Tokens> tokens_;  ///< by path

  // Last: their threads wake the connection.
  Errands errands_;
  driver::Session session_;
};

}  // namespace weft::lsp
