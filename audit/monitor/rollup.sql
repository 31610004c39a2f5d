SELECT day, tags,
       COUNT(*) AS decisions,
       SUM(CASE WHEN outcome IN (0, 1) THEN 1 ELSE 0 END) AS answered,
       SUM(CASE WHEN outcome = 1 THEN 1 ELSE 0 END) AS unfavourable,
       SUM(CASE WHEN outcome = 2 THEN 1 ELSE 0 END) AS unparsed,
       SUM(CASE WHEN outcome = 3 THEN 1 ELSE 0 END) AS failed,
       SUM(routed) AS routed
FROM {source}
WHERE TRUE
GROUP BY day, tags
