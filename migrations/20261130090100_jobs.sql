-- +goose Up

-- The processes that run jobs. Each writes its row every two seconds; who has not written
-- it for ten has ended, and its jobs run elsewhere. alive_since is when the process last
-- began to write it without such a gap.
CREATE TABLE job_workers (
  id          text PRIMARY KEY,
  started_at  timestamptz NOT NULL DEFAULT now(),
  alive_since timestamptz NOT NULL DEFAULT now(),
  seen_at     timestamptz NOT NULL DEFAULT now()
);

-- When a job that runs on a schedule was last enqueued.
CREATE TABLE job_schedules (
  kind        text PRIMARY KEY,
  enqueued_at timestamptz NOT NULL DEFAULT now()
);

-- Products whose derived columns and listings a job must bring up to date. A change of
-- many products writes a batch of these and enqueues one job for it, in one transaction.
-- raises tells that the product's version must rise as well. There is no foreign key: it
-- would lock each product for the change, and a product that is gone needs no refresh.
CREATE TABLE stale_products (
  batch      uuid NOT NULL,
  product_id uuid NOT NULL,
  raises     boolean NOT NULL,
  PRIMARY KEY (batch, product_id)
);

-- +goose Down

-- The version before cannot read these events.
DELETE FROM audit_events WHERE subject_kind = 'JOB';
DROP TABLE stale_products, job_schedules, job_workers;
