"""The query behind the queue of second looks: what every task is worth, worthiest first.

It reads the stored consensus, reports and the strengths of answers, so a row is as fresh as they
are. Its parameters, and what the parts of the score mean, are `annotation.review.second_looks`.
"""

from __future__ import annotations

QUEUE = """
WITH worth AS (
  SELECT t.id AS task, coalesce(1 - c.agreement, 0) AS split,
    coalesce(said.closeness, 0) AS closeness,
    coalesce(said.undecided AND c.agreement < 1, false) AS undecided,
    coalesce((c.ranks IS NULL OR c.ranks = 'null'::jsonb) AND said.complete, false) AS cycle,
    coalesce(reported.count, 0) AS reports, greatest(t.priority, 0) AS priority,
    (p.language = ANY(%(rare_languages)s) OR p.tags && %(rare_tags)s::varchar[]) AS rare,
    coalesce(c.judgments, 0) AS judgments
  FROM annotation_task t
  JOIN annotation_prompt p ON p.id = t.prompt_id
  LEFT JOIN annotation_consensus c ON c.task_id = t.id
  LEFT JOIN LATERAL (
    SELECT max(1 - abs(x.p_i - x.p_j) / nullif(x.p_i + x.p_j, 0))
        FILTER (WHERE x.n > 1 AND greatest(x.p_i, x.p_j) > x.p_tie) AS closeness,
      bool_or(greatest(x.p_i, x.p_j) <= 0.5 + 1e-9) FILTER (WHERE x.n > 1) AS undecided,
      bool_and(x.n > 0) AND count(*) > 2 AS complete
    FROM jsonb_to_recordset(c.comparisons) AS x(p_i float, p_j float, p_tie float, n int)
  ) said ON true
  LEFT JOIN (
    SELECT task_id, count(*) FROM annotation_report GROUP BY task_id
  ) reported ON reported.task_id = t.id
  WHERE t.project_id = %(project)s AND NOT t.is_gold AND t.state <> 'retired'
    AND t.kind = ANY(%(kinds)s)
    AND (%(language)s = '' OR p.language = %(language)s)
    AND (%(tag)s = '' OR %(tag)s = ANY(p.tags))
    AND (t.id = %(task)s OR (%(task)s = 0
    AND (c.agreement < 1 OR said.closeness >= %(close)s OR reported.count > 0
      OR (t.priority > 0 AND c.judgments = 1)
      OR ((c.ranks IS NULL OR c.ranks = 'null'::jsonb) AND said.complete))
    AND EXISTS (
      SELECT 1 FROM annotation_judgment j WHERE j.task_id = t.id
        AND j.standing = 'adjudication' AND j.is_current
    ) = %(again)s
    AND NOT EXISTS (
      SELECT 1 FROM annotation_judgment j
      WHERE j.task_id = t.id AND j.person_id = %(person)s AND j.is_current
    )
    AND NOT EXISTS (
      SELECT 1 FROM annotation_assignment a WHERE a.task_id = t.id AND (
        (a.person_id = %(person)s AND (a.state IN ('answered', 'skipped')
          OR (a.state = 'live' AND a.purpose <> 'adjudication')))
        OR (a.person_id <> %(person)s AND a.purpose = 'adjudication' AND a.state = 'live'
          AND a.expires_at > now()))
    )))
), full_worth AS (
  SELECT worth.*, worth.split > 0 AND EXISTS (
    SELECT 1 FROM annotation_judgment j
    WHERE j.task_id = worth.task AND j.is_current AND j.standing = ANY(%(speaking)s)
      AND j.answer ->> 'strength' = ANY(%(strong)s)
    HAVING count(DISTINCT j.answer ->> 'choice') > 1
  ) AS strong
  FROM worth
)
SELECT task,
  %(w_split)s * split + %(w_closeness)s * closeness + %(w_undecided)s * undecided::int
  + %(w_cycle)s * cycle::int + %(w_strong)s * strong::int
  + %(w_reported)s * least(reports, 2) / 2.0
  + %(w_priority)s * priority / (1 + priority) + %(w_rare)s * rare::int AS score,
  split, closeness, undecided, cycle, strong, reports, priority, rare, judgments,
  count(*) OVER () AS waiting
FROM full_worth
WHERE CASE %(why)s WHEN 'split' THEN split > 0 WHEN 'undecided' THEN undecided
  WHEN 'cycle' THEN cycle WHEN 'strong' THEN strong WHEN 'reported' THEN reports > 0
  ELSE true END
ORDER BY score DESC, task
LIMIT %(limit)s OFFSET %(offset)s
"""
