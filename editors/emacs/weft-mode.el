;;; weft-mode.el --- Major mode for Weft policies  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: languages, network

;;; Commentary:

;; Colours, indentation, comments and `M-x compile' for the Weft policy language.  With Eglot (built into Emacs 29, else
;; from GNU ELPA or Debian's elpa-eglot) `M-x eglot' starts the language server, `weft lsp'; `weft-mode-eglot-ensure'
;; does so for every policy that is opened.

;;; Code:

(require 'compile)
(require 'rx)

(defvar eglot-server-programs)
(declare-function eglot-ensure "eglot")

(defgroup weft nil
  "Weft policies: who may talk to whom."
  :group 'languages)

(defcustom weft-program "weft"
  "The weft program."
  :type 'string)

(defcustom weft-indent-offset 2
  "How far a block is indented; `weft fmt' has it at 2."
  :type 'integer
  :safe #'integerp)

;; ---- words

(defconst weft-mode--declarations
  '("profile" "label" "group" "network" "service" "tiers" "policy" "template" "test" "import" "use")
  "Reserved words that begin declarations.")

(defconst weft-mode--rules
  '("isolate" "allow" "deny" "pass" "guard" "audit" "never" "always")
  "Reserved words that begin rules and claims.")

(defconst weft-mode--inner '("in" "not" "has" "at" "to")
  "Reserved words inside statements.")

(defconst weft-mode--entities '("any" "none" "workload" "node" "world" "apiserver" "addr" "ingress" "egress")
  "Reserved words that stand for somebody or something.")

(defconst weft-mode--name "\\(?:[A-Za-z_][A-Za-z0-9_]*\\(?:-[A-Za-z0-9_]+\\)*\\|`[^`\n]+`\\)"
  "A name.")

(defun weft-mode--behind-p (position regexp)
  "Whether what stands before POSITION, spaces left out, ends in REGEXP."
  (save-excursion
    (goto-char position)
    (skip-chars-backward " \t\n")
    (looking-back regexp (max (point-min) (- (point) 40)))))

(defun weft-mode--literal-p (position)
  "Whether POSITION is in a text, a comment or a name in backticks."
  (let ((state (save-excursion (syntax-ppss position))))
    (or (nth 3 state) (nth 4 state)
        (save-excursion
          (goto-char position)
          (let ((ticks 0))
            (while (search-backward "`" (line-beginning-position) t) (setq ticks (1+ ticks)))
            (= 1 (mod ticks 2)))))))

(defun weft-mode--next (words limit accept)
  "Find the next of WORDS before LIMIT that ACCEPT says yes to.
ACCEPT is called with where the word begins and ends.  Keys hold words
behind `.' and `/', and names hold `-': neither `ns.group' nor
`deny-all' has a word of the language in it."
  (let ((regexp (concat "\\_<" (regexp-opt words t) "\\_>")) (found nil))
    (while (and (not found) (re-search-forward regexp limit t))
      (let ((begin (match-beginning 1)) (end (match-end 1)) (data (match-data)))
        (setq found (and (not (weft-mode--literal-p begin))
                         (not (memq (char-before begin) '(?. ?/ ?- ?`)))
                         (not (looking-at-p "-[A-Za-z0-9_]"))
                         (save-excursion (save-match-data (funcall accept begin end)))))
        (set-match-data data)))
    found))

(defun weft-mode--header-p (position)
  "Whether POSITION is in the header of a policy."
  (save-excursion
    (goto-char position)
    (let ((begin (and (re-search-backward "\\_<\\(policy\\|allow\\|deny\\|pass\\|isolate\\|never\\|always\\|group\\|test\\|is\\)\\_>" nil t)
                      (match-string-no-properties 1))))
      (and (equal begin "policy")
           (not (weft-mode--literal-p (point)))
           ;; Braces before the block are those of sets, which are closed again.
           (= (nth 0 (syntax-ppss (point))) (nth 0 (syntax-ppss position)))))))

(defun weft-mode--match-soft (limit)
  "Find words before LIMIT that are names everywhere else."
  (weft-mode--next
   '("when" "avoiding" "inventory" "expires" "because" "log" "requires" "is" "by" "as" "like" "ordered" "priority" "owner" "for")
   limit
   (lambda (begin end)
     (let ((word (buffer-substring-no-properties begin end))
           ;; Behind these a service or an end of an edge is expected, and that is a name.
           (name (weft-mode--behind-p begin "[,:\\\\|/>=(!&@]")))
       (goto-char end)
       (pcase word
         ("when" (and (not name) (looking-at-p "[ \t\n]+\\(?:source\\|destination\\)\\_>")))
         ("avoiding" (and (not name) (not (looking-at-p "[ \t\n]*\\(?:==\\|!=\\|[-~]>\\|[.:/,}]\\)"))))
         ("inventory" (weft-mode--behind-p begin "\\_<in"))
         ("expires" (and (not name) (looking-at-p "[ \t\n]+[0-9]")))
         ((or "because" "log") (not name))
         ("requires" (and (not name) (looking-at-p (concat "[ \t\n]+" weft-mode--name))))
         ("is" (and (not name) (looking-at-p "[ \t\n]+\\(?:allow\\|deny\\)\\_>")))
         ("by" (and (not name) (looking-at-p "[ \t\n]+[\"`A-Za-z_]") (not (looking-at-p "[ \t\n]+\\(?:in\\|not\\|like\\)\\_>"))))
         ("as" (weft-mode--behind-p begin ")"))
         ("like" (looking-at-p "[ \t\n]+[\"`A-Za-z_]"))
         ("priority" (and (looking-at-p "[ \t\n]*-?[ \t\n]*[0-9]") (weft-mode--header-p begin)))
         ("owner" (and (looking-at-p "[ \t\n]*[\"`A-Za-z_]") (weft-mode--header-p begin)))
         (_ (and (not (weft-mode--behind-p begin "policy")) (weft-mode--header-p begin))))))))

(defun weft-mode--match-kind (limit)
  "Find the types before LIMIT: of labels and of the parameters of templates."
  (weft-mode--next '("string" "group" "network" "service" "label" "tier") limit
                   (lambda (begin _end) (weft-mode--behind-p begin ":"))))

(defun weft-mode--match-end (limit)
  "Find `source' and `destination' before LIMIT where they mean the ends of a flow."
  (weft-mode--next '("source" "destination") limit
                   (lambda (begin end)
                     (or (weft-mode--behind-p begin "\\_<at") (progn (goto-char end) (looking-at-p "[ \t]*\\."))))))

(defun weft-mode--match-decider (limit)
  "Find what decides without a rule, before LIMIT."
  (weft-mode--next '("isolation" "profile" "own-node" "self") limit
                   (lambda (begin _end) (weft-mode--behind-p begin "\\_<by"))))

(defun weft-mode--match-unclosed (limit)
  "Find a text before LIMIT that its line does not close."
  (let ((found nil))
    (while (and (not found) (re-search-forward "\"[^\"\n]*$" limit t))
      (setq found (not (save-match-data (nth 8 (save-excursion (syntax-ppss (match-beginning 0))))))))
    found))

(defun weft-mode--match-bad-escape (limit)
  "Find an escape before LIMIT that texts do not have."
  (let ((found nil))
    (while (and (not found) (re-search-forward "\\\\[^\"\\\n]" limit t))
      (setq found (save-match-data (nth 3 (save-excursion (syntax-ppss (match-beginning 0)))))))
    found))

(defun weft-mode--matcher (words &optional unless-behind)
  "A search for reserved WORDS, but for those with UNLESS-BEHIND behind them."
  (lambda (limit)
    (weft-mode--next words limit
                     (lambda (_begin end)
                       (goto-char end)
                       (not (and unless-behind (looking-at-p unless-behind)))))))

(defconst weft-mode-font-lock-keywords
  `(("`[^`\n]+`" 0 'default)
    ("=>\\|==>\\|-->\\|#.*$\\|'[^'\n]*'\\|/\\*.*?\\(?:\\*/\\|$\\)" 0 font-lock-warning-face)
    (weft-mode--match-unclosed 0 font-lock-string-face)
    (weft-mode--match-bad-escape 0 font-lock-warning-face t)
    (,(concat "@[ \t]*" weft-mode--name) 0 font-lock-preprocessor-face)
    (weft-mode--match-kind 1 font-lock-type-face)
    (weft-mode--match-decider 1 font-lock-constant-face)
    (weft-mode--match-end 1 font-lock-builtin-face)
    (,(weft-mode--matcher weft-mode--declarations) 1 font-lock-keyword-face)
    (,(weft-mode--matcher weft-mode--rules) 1 font-lock-keyword-face)
    (,(weft-mode--matcher weft-mode--inner) 1 font-lock-keyword-face)
    (,(weft-mode--matcher weft-mode--entities "[ \t]*\\.[ \t]*[A-Za-z_`]") 1 font-lock-constant-face)
    (weft-mode--match-soft 1 font-lock-keyword-face)
    (,(weft-mode--matcher '("tcp" "udp" "sctp" "icmp" "icmp6" "ip")) 1 font-lock-type-face)
    (,(concat "\\_<\\(?:group\\|network\\|service\\|policy\\|tiers\\|profile\\)[ \t]+\\(" weft-mode--name "\\)")
     1 font-lock-variable-name-face)
    (,(concat "\\_<\\(?:template\\|use\\)[ \t]+\\(" weft-mode--name "\\)") 1 font-lock-function-name-face)
    ;; Dates, addresses of both families, ports and numbers.
    (,(concat "\\(?:^\\|[^A-Za-z0-9_.:-]\\)\\("
              "[0-9]+-[0-9]+-[0-9]+\\(?:T[0-9A-Za-z:.+]*\\)?"
              "\\|[0-9]+\\(?:\\.[0-9]+\\)+\\(?:/[0-9]+\\)?"
              "\\|\\(?:[0-9A-Fa-f]+\\(?::[0-9A-Fa-f]+\\)*\\)?::\\(?:[0-9A-Fa-f]+\\(?::[0-9A-Fa-f]+\\)*\\)?\\(?:/[0-9]+\\)?"
              "\\|[0-9A-Fa-f]+\\(?::[0-9A-Fa-f]+\\)\\{2,\\}\\(?:/[0-9]+\\)?"
              "\\)")
     1 font-lock-constant-face)
    ("/[ \t]*\\([0-9]+\\)\\(?:-\\([0-9]+\\)\\)?" (1 font-lock-constant-face) (2 font-lock-constant-face nil t))
    ("\\(?:^\\|[^A-Za-z0-9_.:/-]\\)\\(-?[0-9]+\\)\\_>" 1 font-lock-constant-face))
  "Colours of Weft policies.")

;; ---- syntax and indentation

(defvar weft-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?/ ". 12" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?\" "\"" table)
    ;; A backslash escapes inside texts only; elsewhere it is the sign of a difference.
    (modify-syntax-entry ?\\ "." table)
    (modify-syntax-entry ?_ "_" table)
    (modify-syntax-entry ?- "_" table)
    (modify-syntax-entry ?' "." table)
    (dolist (sign '(?& ?| ?! ?= ?< ?> ?: ?, ?. ?* ?@ ?~ ?`)) (modify-syntax-entry sign "." table))
    table)
  "Syntax of Weft policies.")

(defconst weft-mode--propertize
  (syntax-propertize-rules
   ;; `\"' and `\\' in a text; and the arrow, whose dash belongs to no name.
   ("\\(\\\\\\)[\"\\]" (1 (when (nth 3 (save-excursion (syntax-ppss (match-beginning 1)))) (string-to-syntax "\\"))))
   ;; A text that is not closed ends with its line.
   ("\\(\"\\)\\(?:[^\"\\\n]\\|\\\\.\\)*$"
    (1 (unless (nth 8 (save-excursion (syntax-ppss (match-beginning 1)))) (string-to-syntax "."))))
   ("\\(-\\)>" (1 "."))))

(defun weft-mode--goes-on-p ()
  "Whether this line goes on with the statement above it."
  (looking-at-p "[ \t]*\\(?:[-~]>\\|&&\\|||\\|[,:\\\\|]\\|\\(?:when\\|avoiding\\|because\\|expires\\|requires\\|log\\)\\_>\\)"))

(defun weft-mode-indent-line ()
  "Indent this line as `weft fmt' would."
  (interactive)
  (let* ((start (save-excursion (back-to-indentation) (point)))
         (depth (nth 0 (syntax-ppss start)))
         (closes (save-excursion (goto-char start) (looking-at-p "[})]")))
         (goes-on (save-excursion (beginning-of-line) (weft-mode--goes-on-p)))
         (wanted (+ (* weft-indent-offset (max 0 (- depth (if closes 1 0)))) (if goes-on (* 2 weft-indent-offset) 0))))
    (if (<= (current-column) (current-indentation))
        (indent-line-to wanted)
      (save-excursion (indent-line-to wanted)))))

;; ---- what is declared, for imenu

(defconst weft-mode--imenu
  (mapcar (lambda (kind)
            (list (car kind) (concat "^[ \t]*" (cdr kind) "[ \t]+\\(" weft-mode--name "\\|\"[^\"\n]*\"\\)") 1))
          '(("Policies" . "policy") ("Groups" . "group") ("Services" . "service") ("Networks" . "network")
            ("Templates" . "template") ("Tests" . "test")))
  "What `imenu' lists.")

;; ---- M-x compile, and the layout

(defconst weft-mode--message
  '(weft "^\\(?:\\(error\\)\\|\\(warning\\)\\|note\\) W[0-9]+: .*\n *--> \\(.*\\):\\([0-9]+\\):\\([0-9]+\\)$" 3 4 5 (2 . nil))
  "A message of `weft check': its sentence, and below it where that is.")

(add-to-list 'compilation-error-regexp-alist-alist weft-mode--message)
(add-to-list 'compilation-error-regexp-alist 'weft)

(defun weft-mode--check-command ()
  "The command that checks this project, or file if it has no weft.toml."
  (concat (shell-quote-argument weft-program) " check --color=never"
          (if (or (null buffer-file-name) (locate-dominating-file buffer-file-name "weft.toml"))
              ""
            (concat " " (shell-quote-argument (file-name-nondirectory buffer-file-name))))))

(defun weft-format-buffer ()
  "Give the text its one layout; text that cannot be parsed stays as it is."
  (interactive)
  (let ((output (generate-new-buffer " *weft fmt*")) (messages (make-temp-file "weft")))
    (unwind-protect
        (if (zerop (call-process-region nil nil weft-program nil (list output messages) nil "fmt" "-"))
            (replace-buffer-contents output)
          (user-error "%s" (with-temp-buffer
                             (insert-file-contents messages)
                             (buffer-substring-no-properties (point-min) (line-end-position)))))
      (kill-buffer output)
      (delete-file messages))))

(defvar weft-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-f") #'weft-format-buffer)
    map)
  "Keys of Weft policies.")

;;;###autoload
(define-derived-mode weft-mode prog-mode "Weft"
  "Major mode for Weft policies."
  (setq-local comment-start "// ")
  (setq-local comment-start-skip "//+[ \t]*")
  (setq-local comment-end "")
  (setq-local indent-tabs-mode nil)
  (setq-local fill-column 120)
  (setq-local indent-line-function #'weft-mode-indent-line)
  (setq-local syntax-propertize-function weft-mode--propertize)
  (setq-local font-lock-defaults '(weft-mode-font-lock-keywords))
  (setq-local imenu-generic-expression weft-mode--imenu)
  (setq-local electric-indent-chars (append "{}" electric-indent-chars))
  (setq-local compile-command (weft-mode--check-command)))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.weft\\'" . weft-mode))

;; ---- Eglot

(defun weft-mode--server (&optional _interactive)
  "The class of the language server and its command."
  (list 'weft-mode-server weft-program "lsp"))

(with-eval-after-load 'eglot
  ;; Without Eglot there is no class to inherit from, so this is not compiled.
  (eval '(progn
           (defclass weft-mode-server (eglot-lsp-server) () :documentation "`weft lsp'.")
           (cl-defmethod eglot-client-capabilities ((_server weft-mode-server))
             "What commands of the server give back is shown, so that it needs no message for it."
             (plist-put (copy-sequence (cl-call-next-method)) :experimental '(:weftAnswers t))))
        t)
  (add-to-list 'eglot-server-programs '(weft-mode . weft-mode--server)))

;; ---- what the server does beyond the protocol

(declare-function eglot-current-server "eglot")
(declare-function eglot--signal-textDocument/didChange "eglot")
(declare-function eglot--TextDocumentIdentifier "eglot")
(declare-function jsonrpc-request "jsonrpc")

(defun weft-mode--show (title text)
  "Show TEXT in a buffer named after TITLE, to be read and left with \\`q'."
  (with-current-buffer (get-buffer-create (format "*weft: %s*" title))
    (let ((inhibit-read-only t))
      (erase-buffer)
      (insert text)
      (goto-char (point-min)))
    (special-mode)
    (display-buffer (current-buffer))))

(defun weft-mode--ask (command title &rest words)
  "Have the server do COMMAND on this policy with WORDS; show the answer as TITLE."
  (let ((server (or (and (fboundp 'eglot-current-server) (eglot-current-server))
                    (user-error "No language server is running here: M-x eglot starts it"))))
    ;; What has been typed is told to the server before it is asked.
    (eglot--signal-textDocument/didChange)
    (let ((answer (jsonrpc-request server :workspace/executeCommand
                                   (list :command command
                                         :arguments (vconcat (list (plist-get (eglot--TextDocumentIdentifier) :uri)) words))
                                   :timeout 60)))
      (when (and (stringp answer) (not (equal answer "")))
        (weft-mode--show title answer)))))

(defun weft-explain-flow (flow)
  "Who decides about FLOW, gate by gate."
  (interactive "sFlow, as in {app: \"web\"} -> {app: \"db\"} : tcp/5432: ")
  (weft-mode--ask "weft.explainDecision" "decision" flow))

(defun weft-test-file ()
  "Run the tests of this policy."
  (interactive)
  (weft-mode--ask "weft.runTest" "tests" ""))

(defun weft-compare-with-head ()
  "Which flows this policy, saved or not, gains and loses against the last commit."
  (interactive)
  (weft-mode--ask "weft.diffAgainstHead" "differences from HEAD"))

(defun weft-list-reachable ()
  "Whom each group may reach, by the rules that allow it."
  (interactive)
  (weft-mode--ask "weft.showGraph" "who reaches whom"))

(defun weft-draw-graph ()
  "Draw who may talk to whom, of what is saved, as a page in the browser."
  (interactive)
  (let ((page (make-temp-file "weft" nil ".html")) (messages (make-temp-file "weft"))
        (words (append '("graph" "--format" "html" "--color=never")
                       (unless (locate-dominating-file default-directory "weft.toml") '(".")))))
    (unwind-protect
        (if (zerop (apply #'call-process weft-program nil (list (list :file page) messages) nil words))
            (browse-url-of-file page)
          (user-error "%s" (with-temp-buffer
                             (insert-file-contents messages)
                             (buffer-substring-no-properties (point-min) (line-end-position)))))
      (delete-file messages))))

;;;###autoload
(defun weft-mode-eglot-ensure ()
  "Start the language server for every policy that is opened from now on."
  (interactive)
  (add-hook 'weft-mode-hook #'eglot-ensure))

(provide 'weft-mode)
;;; weft-mode.el ends here
