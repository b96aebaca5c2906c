;; The scenario in Emacs with Eglot: see scenario.py. What happened is written to $WEFT_LOG, a line for each step.
(package-initialize)
(require 'weft-mode)
(require 'eglot)
(setq eglot-sync-connect 20 eglot-autoshutdown nil make-backup-files nil)

(defvar weft-log nil)
(defun weft-note (&rest words) (push (apply #'format words) weft-log))

(defun weft-wait-for (what condition)
  (let ((end (time-add nil 20)))
    (while (not (funcall condition))
      (when (time-less-p end nil) (error "waited in vain for %s" what))
      (accept-process-output nil 0.02))))

(defun weft-errors ()
  (seq-filter (lambda (each) (eq 'eglot-error (flymake-diagnostic-type each))) (flymake-diagnostics)))

(defun weft-contents () (buffer-substring-no-properties (point-min) (point-max)))

(defun weft-scenario ()
  (find-file "shop.weft")
  (apply #'eglot (eglot--guess-contact))
  (weft-wait-for "the language server" #'eglot-managed-p)
  (flymake-start)
  (weft-wait-for "a finding" #'weft-errors)
  (dolist (each (weft-errors))
    (weft-note "finding %s at `%s`"
               (and (string-match "W[0-9]\\{4\\}" (flymake-diagnostic-text each)) (match-string 0 (flymake-diagnostic-text each)))
               (buffer-substring-no-properties (flymake-diagnostic-beg each) (flymake-diagnostic-end each))))

  (let* ((mistake (car (weft-errors)))
         (action (seq-elt (eglot-code-actions (flymake-diagnostic-beg mistake) (flymake-diagnostic-end mistake) "quickfix") 0)))
    (weft-note "fix: %s" (plist-get action :title))
    (eglot--apply-workspace-edit (plist-get action :edit)))
  (eglot--signal-textDocument/didChange)
  (weft-wait-for "no finding" (lambda () (not (weft-errors))))

  (goto-char (point-min))
  (search-forward "-> `mär")
  (let ((before (weft-contents)))
    (setq buffer-undo-list nil)
    (undo-boundary)
    ;; It asks before it changes a file that nobody has opened.
    (cl-letf (((symbol-function 'y-or-n-p) (lambda (&rest _) t))) (eglot-rename "markets"))
    (undo-boundary)
    (let ((renamed (weft-contents)))
      (undo)
      (weft-note "undone: %s" (and (not (equal before renamed)) (if (equal before (weft-contents)) "true" "false")))
      (undo-boundary)
      (setq last-command nil)
      (undo)
      (unless (equal renamed (weft-contents)) (error "what was undone cannot be done again"))))
  (eglot--signal-textDocument/didChange)
  (eglot-format-buffer)
  (save-some-buffers t)
  (eglot-shutdown (eglot-current-server))
  (weft-note "done"))

(condition-case problem
    (weft-scenario)
  (error (weft-note "FAILED %s" (error-message-string problem))))
(with-temp-file (getenv "WEFT_LOG") (insert (mapconcat #'identity (nreverse weft-log) "\n")))
