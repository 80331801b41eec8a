\set number :first + :client_id * :share + :done
\set done :done + 1
SELECT place_order(:number);
